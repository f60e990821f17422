// Fits the quote model to recorded books.
#pragma once

#include "engine/backtest/quote_model.hpp"
#include "engine/core/time.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace polyquant::backtest {

// The Up token's book at one second of one window, prices in USDC; NaN where a side was empty.
struct QuoteObservation {
    UtcTime window_start{};
    double seconds_left = 0;
    double bid = 0;
    double ask = 0;
    double bid_size = 0; // shares at the best price
    double ask_size = 0;
    double bid_depth = 0; // within three cents of it
    double ask_depth = 0;
    // The fair value's log-odds at this moment, where the coin's price was known to the second.
    std::optional<double> fair_log_odds;
    std::optional<bool> up_won;
};

// A window's mid and the coin's price every second: what a lag can be seen in.
struct QuoteTrace {
    struct Second {
        double seconds_left = 0;
        double mid = 0; // of Up; NaN where there was no quote
        double spot = 0;
    };

    UtcTime window_start{};
    double strike = 0;
    std::vector<Second> seconds; // by falling seconds left
};

struct QuoteFit {
    QuoteModel model;
    std::string report; // Markdown: every table with its counts and intervals
};

// Observations in any order. `fair` computes a trace's fair log-odds at one of its seconds as of
// `lag` seconds earlier, NaN where it cannot. Refused: too few of anything, saying of what.
Result<QuoteFit> fit_quotes(
    std::span<QuoteObservation const> observations,
    std::span<QuoteTrace const> traces,
    std::uint64_t seed
);

// Fair log-odds of a trace `lag` seconds before its second `index`, by the closed form with the
// deviation of its own moves so far.
double trace_fair_log_odds(QuoteTrace const& trace, std::size_t index, double lag);

} // namespace polyquant::backtest
