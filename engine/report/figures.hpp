// Everything a report states, computed once from a run; terminal, JSON and page print the same
// numbers.
#pragma once

#include "engine/backtest/statistics.hpp"
#include "engine/report/run_data.hpp"
#include "models/calibration/scores.hpp"

#include <string>
#include <utility>
#include <vector>

namespace polyquant::report {

// Trades grouped by something.
struct Group {
    std::string name;
    std::size_t trades = 0; // resolved, half-paid and void ones left out
    std::size_t won = 0;
    double win_rate = 0;
    models::calibration::WilsonInterval interval; // of the win rate
    double break_even = 0;                        // win rate at which it earns nothing
    double pnl = 0;                               // USD, after fees
    double staked = 0;                            // USD, fees included
    double promised_edge = 0;                     // a share, mean by size
    double realised_edge = 0;                     // a share, after fees
};

struct Breakdown {
    std::string by; // "asset"
    std::vector<Group> groups;
};

struct CurvePoint {
    UtcTime at{};
    double equity = 0;   // all strategies, at cost, settled results only
    double drawdown = 0; // from the highest equity before, USD
};

// How good the probabilities were at one moment of the window, against the market's mid.
struct MomentScore {
    double seconds_left = 0;
    std::size_t count = 0;
    double brier_model = 0;
    double brier_market = 0;
    double log_loss_model = 0;
    double log_loss_market = 0;
    models::calibration::BootstrapMean advantage; // Brier of the market less that of the model
};

struct Quarter {
    UtcTime from{}; // of the first trade
    Group group;
};

struct OutcomeAtPrice {
    double price = 0; // paid
    double probability = 0;
    bool won = false;
};

struct Figures {
    std::string headline; // the source of the quotes
    Usdc capital;
    Usdc equity; // at cost
    Usdc pnl;    // settled, after fees
    Usdc fees;
    Usdc slippage; // paid above the quotes reacted to; negative: better
    Usdc turnover; // cost of all buys
    double return_share = 0;
    Group all;
    double average_win = 0;
    double average_loss = 0;
    double profit_factor = 0;
    double expectancy = 0;  // USD a trade
    backtest::Ratio sharpe; // of daily returns, not annualised
    backtest::Ratio sortino;
    std::size_t days = 0;
    std::size_t days_traded = 0;
    backtest::Drawdown drawdown;
    UtcTime drawdown_peak{};
    UtcTime drawdown_trough{};
    std::optional<UtcTime> drawdown_recovered;
    std::size_t longest_losing_streak = 0;
    double exposure_max = 0; // USD at cost in open positions at one time
    double exposure_mean = 0;
    double time_in_market = 0;               // share of the run
    models::calibration::BootstrapMean edge; // realised, a share bought, by day
    double deflated_sharpe = 0;
    std::uint64_t trials = 1;
    std::vector<Breakdown> breakdowns;
    std::vector<Quarter> quarters;
    bool decays = false;
    std::vector<MomentScore> moments;
    std::vector<models::calibration::ReliabilityBin> calibration; // of all sampled moments
    std::vector<models::calibration::ReliabilityBin> trade_calibration;
    std::vector<std::pair<std::string, std::uint64_t>> orders;     // filled, partly, not: why
    std::vector<std::pair<std::string, std::uint64_t>> not_filled; // by reason
    std::vector<std::pair<std::string, std::uint64_t>> refusals;   // evaluations by reason
    std::vector<CurvePoint> curve;
    std::vector<double> daily_returns;
    std::vector<std::pair<UtcTime, double>> daily_pnl;
    std::vector<std::pair<double, std::uint64_t>> pnl_histogram; // lower edge of a bin, trades
    double pnl_bin = 0;
    std::vector<OutcomeAtPrice> outcomes;
    std::vector<Trade> unresolved;
    std::vector<Trade> half_paid;
    std::vector<OrderRow> voided;
    std::vector<std::string> verdict;
};

Figures compute_figures(RunData const& run);

} // namespace polyquant::report
