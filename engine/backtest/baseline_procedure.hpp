// The original system's backtest, step by step, with its defects: to be compared with, not to be
// believed. Its market is a random price that knows nothing, its labels reach five bars into the
// block they are tested on, and the heuristic's scale is taken over the whole test block.
//
// Procedure, for bars t = 0, 1, ...: columns that are NaN in every row are left out; a row is clean
// when no other feature is NaN and its target (close[t + 5] > close[t]) is known. For T = 10080,
// 11520, ... while T + 1440 fits: scaler and balanced logistic regression (C = 0.1) on the clean
// rows of [T - 10080, T), P(UP) = 0.7 learned + 0.3 heuristic on those of [T, T + 1440); a step
// with fewer than 100 or 10 of them is skipped. Then, over all predicted rows in order: a row less
// than five bars after the last bet is passed over; every other one draws a market price m =
// clip(N(0.5, 0.03), 0.05, 0.95), the side is UP where P >= 0.5, its price a = m + 0.01 for UP and
// (1 - m) + 0.01 for DOWN, its edge P(side) - a. With an edge of 0.02 or more Kelly
// f = (P b - (1 - P)) / b, b = (1 - a) / a, bets min(0.25 f, 0.05) of the bankroll, nothing below
// 0.10 USD. A win pays bet (1 - a) / a, a loss costs the bet. No fee.
// Draws: one normal per evaluated row, sqrt(-2 ln(1 - u1)) cos(2 pi u2) of two uniforms of
// xoshiro256** seeded by splitmix64 (engine/core/random.hpp).
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/market.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace polyquant::backtest {

struct BaselineProcedure {
    std::size_t train_bars = 10'080;
    std::size_t step_bars = 1'440;
    std::size_t horizon_bars = 5;
    double bankroll = 1'000;
    double min_edge = 0.02;
    double kelly_fraction = 0.25;
    double bet_share_max = 0.05;
    double bet_min = 0.10;
    double slippage = 0.01;
    std::uint64_t seed = 42;
    // One more column for the regression, to see what it would be worth: its value at bar t.
    // Whether it peeks is the caller's business, and analyze lookahead's.
    std::function<double(std::span<Bar const> bars, std::size_t t)> extra_column{};
};

struct BaselineBet {
    UtcTime at{}; // open time of the bar it was decided on, as the original wrote it
    Outcome side = Outcome::up;
    double win_probability = 0;
    double price = 0; // paid, slippage included
    double edge = 0;
    double bet = 0; // USD
    bool won = false;
    double pnl = 0;
    double bankroll = 0; // afterwards
};

struct BaselinePrediction {
    UtcTime at{};
    double up = 0.5;
    bool rose = false;
};

struct BaselineResult {
    std::vector<BaselinePrediction> predictions;
    std::vector<BaselineBet> bets;
    double bankroll_start = 0;
    double bankroll_end = 0;
    std::size_t steps = 0;
};

// Fails where the bars are too few for one step or a fit does not converge.
Result<BaselineResult>
run_baseline_procedure(std::span<Bar const> bars, BaselineProcedure const& procedure);

// The figures the original printed.
struct BaselineFigures {
    double pnl = 0;
    double return_share = 0;
    double win_rate = 0;
    double average_win = 0;
    double average_loss = 0;
    double profit_factor = 0;
    double sharpe = 0; // mean over deviation of PnL per stake, times sqrt(288 * 365)
    double max_drawdown = 0;
    double average_edge = 0;
    double brier = 0; // of all predictions
    double brier_skill = 0;
    std::vector<double> quarter_win_rates; // of the bets in four equal parts
    std::vector<double> quarter_edges;     // win rate less price paid
    bool decays = false;                   // last quarter 5 points under the first
};

BaselineFigures figures_of(BaselineResult const& result);

// The original's report as text; JSON with every bet.
std::string baseline_report(BaselineResult const& result, std::string const& asset);
std::string baseline_json(BaselineResult const& result, std::string const& asset);

} // namespace polyquant::backtest
