// `polyquant livetest`: one round trip with real money before a strategy gets any.
#pragma once

#include "engine/app/live_start.hpp"

#include <cstdio>
#include <filesystem>
#include <optional>
#include <vector>

namespace polyquant::app {

struct LivetestOptions {
    std::vector<std::filesystem::path> configs;
    std::optional<std::filesystem::path> directory; // of the live ledger, as in `run`
    std::string most = "5";                         // USD
    LiveOptions live{};
};

// Exit code 0 when it bought, settled and sold, or said what remained; 1 when a step failed; 2 and
// 4 as `run --mode live`.
int run_livetest(LivetestOptions const& options, std::FILE* out, std::FILE* err);

} // namespace polyquant::app
