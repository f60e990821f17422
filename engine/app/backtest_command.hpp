// `polyquant backtest`: the engine's own strategies, models, risk and execution on a simulated
// clock, from recorded books or from bars with modelled quotes.
#pragma once

#include "engine/app/exit_code.hpp"
#include "engine/app/replay_command.hpp"
#include "engine/backtest/bar_markets.hpp"
#include "engine/backtest/run_record.hpp"
#include "engine/core/failure.hpp"

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::app {

struct BacktestOptions {
    std::vector<std::filesystem::path> configs;
    // Any configuration key, "risk.kill_switch=3" or "strategy.s1.bet=2", over the files.
    std::vector<std::string> settings;
    std::vector<std::filesystem::path> tapes; // recorded books, instead of the configuration's
    std::vector<std::filesystem::path> bars;  // or bars with modelled quotes
    std::string quotes;                       // "toy", or the quote model's file
    std::optional<double> informed;           // instead of the fitted share
    std::optional<std::int64_t> seed;
    std::string from;
    std::string until;
    std::vector<std::string> assets; // empty: the configuration's
    std::string rule = "twap-60s";   // how markets made of bars settle
    std::filesystem::path latency;   // measured ones: tapes, or a number of milliseconds a line
    bool one_bankroll = false;       // shared by all strategies
    bool frozen = false;             // models trained once, before the first window
    bool decisions = false;          // every evaluation in the journal, with bars too
    bool fresh = false;
    bool json = false;
    bool quiet = false;
    bool moments = true; // samples what the model and the market say, for the report
    std::optional<std::filesystem::path> directory;
    std::string command; // as typed, for the record
    std::uint64_t trials = 1;
    double trials_sharpe_sd = 0;
};

struct BacktestResult {
    ExitCode code = ExitCode::ok;
    std::filesystem::path directory;
};

// Bars read once may serve many runs (a sweep); without them the options' are read.
Result<BacktestResult> run_backtest(
    BacktestOptions const& options, std::FILE* out, models::window::AssetBars const* bars = nullptr
);

// The command. Returns the exit code.
int run_backtest_command(std::vector<std::string> const& args, std::FILE* out, std::FILE* err);

} // namespace polyquant::app
