// `polyquant run`: trading on time that passes by itself.
#pragma once

#include "engine/app/live_start.hpp"
#include "engine/core/time.hpp"

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::app {

enum class Mode : std::uint8_t {
    paper,   // live markets, orders filled by the simulated venue
    sandbox, // the sandbox server, orders and all
    live,    // real money
};
std::string_view to_string(Mode mode);

struct RunOptions {
    std::vector<std::filesystem::path> configs;
    Mode mode = Mode::paper;
    std::optional<std::filesystem::path> directory;  // of ledger, journals and recordings
    std::filesystem::path sandbox = "state/sandbox"; // where a sandbox keeps endpoints.toml
    std::optional<Seconds> run_for;                  // of the engine's time; then it stops in order
    bool clear_halts = false;
    bool record = true;
    bool json = false; // one summary in JSON at the end and nothing else
    LiveOptions live{};
};

int run_engine(RunOptions const& options, std::FILE* out, std::FILE* err);

} // namespace polyquant::app
