// "Trade" or "do not trade", for a coin over some days: the edge after costs with its interval.
//
// Own fills decide where there are enough of them. Else would-be bets do: in every window the first
// sampled moment at which a side's P - ask - fee reaches the minimum is bought at that ask, one
// share, whichever side promises more. That is kinder than a real order, which may come too late
// for the quote: a "do not trade" from it is certain, a "trade" is a reason to try small.
#pragma once

#include "config/learning_params.hpp"
#include "engine/accuracy/quote_record.hpp"

#include <optional>
#include <span>
#include <string>

namespace polyquant::accuracy {

struct EdgeEstimate {
    std::size_t bets = 0;
    double promised = 0;             // mean P - cost a share, cost with the fee
    double edge = 0;                 // mean result a share
    std::optional<double> low, high; // 95 %, from resampling hours; empty below two hours
};

// How good the forecasts themselves were, at all sampled moments that have both.
struct ForecastQuality {
    std::size_t moments = 0;
    double brier_model = 0;
    double brier_market = 0; // of the mid
};

struct Verdict {
    Asset asset = Asset::btc;
    UtcTime from{};
    UtcTime to{};
    std::size_t windows = 0;
    EdgeEstimate would_be;
    EdgeEstimate own; // fills of all strategies
    ForecastQuality quality;
    bool by_trades = false;
    bool trade = false;
    std::string text; // why, with the numbers

    EdgeEstimate const& decisive() const { return by_trades ? own : would_be; }
};

// Windows and bets that ended in (from, to]; `bets` may be of any coin.
Verdict verdict_of(
    Asset asset,
    UtcTime from,
    UtcTime to,
    std::deque<JudgedWindow> const& windows,
    std::span<BetJudged const> bets,
    config::LearningParams const& params
);

DailyVerdict as_fact(Verdict const& verdict);

} // namespace polyquant::accuracy
