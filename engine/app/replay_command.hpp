// `polyquant replay`: recorded input, simulated clock and venue, the same engine as everywhere.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::app {

struct ReplayOptions {
    std::vector<std::filesystem::path> configs;
    std::vector<std::filesystem::path> tapes; // instead of the configuration's
    std::optional<std::string> speed;         // "max" or a factor
    std::optional<std::int64_t> seed;
    std::optional<std::string> from;
    std::optional<std::string> until;
    std::optional<std::filesystem::path> directory;
    bool fresh = false; // an earlier run in the directory is moved aside instead of continued
    bool json = false;  // the summary as one JSON object
    // A backtest's: the line that names the source of its quotes, and what it keeps.
    std::string headline;
    bool keep_decisions = true; // every evaluation in the journal, or only what orders it led to
    bool keep_moments = false;  // moments.csv
    bool quiet = false;         // prints nothing at all
    // Testing aid: the process kills itself (SIGKILL) right after this journal record.
    std::optional<std::uint64_t> crash_after_record;
};

// Returns the exit code.
int run_replay(ReplayOptions const& options, std::FILE* out, std::FILE* err);

} // namespace polyquant::app
