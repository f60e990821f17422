// What a strategy's record says beside its break-even table: trades a day and how often it won.
#pragma once

#include "config/run_config.hpp"
#include "engine/core/failure.hpp"

#include <filesystem>
#include <string>

namespace polyquant::app {

// One paragraph a strategy of the configuration that has trades in the run's ledger: buys, days
// from the first to the last order (at least one), buys a day, and the win rate of the settled ones
// against the break-even rate of the prices they were really bought at, fee included. Lines for
// strategies without trades say so.
Result<std::string> history_text(config::RunConfig const& config, std::filesystem::path const& run);

} // namespace polyquant::app
