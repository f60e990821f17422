// The signal runner on live feeds: no key, no order, no venue.
#pragma once

#include "config/run_config.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/signal/signal_row.hpp"
#include "engine/signal/signal_store.hpp"

#include <filesystem>
#include <optional>
#include <ostream>

namespace polyquant::app {

struct LiveSignals {
    config::RunConfig const& config;
    signal::SignalParams params;
    std::filesystem::path directory;
    std::optional<Seconds> run_for; // of the clock's time; the last rows are then still settled
};

struct SignalTotals {
    std::uint64_t rows = 0;
    std::uint64_t resolved = 0;
    std::uint64_t bets = 0;
    std::uint64_t won = 0;
    Usdc bankroll;
};

struct LiveSignalsEnd {
    ExitCode exit = ExitCode::ok;
    SignalTotals totals;
};

// Until run_for is over, or a signal ends it.
Result<LiveSignalsEnd>
run_live_signals(LiveSignals const& run, signal::SignalStore& store, std::ostream& err);

} // namespace polyquant::app
