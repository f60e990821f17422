// What a replay will do, worked out before anything starts: where the tapes begin, what is history,
// which directory keeps the run.
#pragma once

#include "config/run_config.hpp"
#include "connectors/tape/feed.hpp"
#include "engine/runtime/journal_line.hpp"

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::app {

struct ReplayPlan {
    std::vector<std::filesystem::path> tapes;
    UtcTime start{};              // the window's start at or before the first book
    std::optional<UtcTime> until; // exclusive
    std::array<std::vector<Bar>, asset_count> history; // closed before `start`, oldest first
    runtime::RunIdentity identity;
    std::filesystem::path directory; // of ledger, journal and exports
};

// Reads the tapes up to their first book to find the start, and their bars before it as history.
// `directory` empty: one below run.state_dir that is named after the identity, so that the same run
// finds itself again.
Result<ReplayPlan>
plan_replay(config::RunConfig const& config, std::optional<std::filesystem::path> const& directory);

// The configuration without what cannot change a result: places, speed, looks.
std::uint64_t result_hash(config::RunConfig config);

} // namespace polyquant::app
