// Recorded books and traces as the quote model's fit wants them.
#pragma once

#include "engine/backtest/quote_fit.hpp"
#include "models/window/window_dataset.hpp"

#include <filesystem>
#include <vector>

namespace polyquant::app {

// The books of the tapes at every whole second of their windows. Fair values are those of the
// minutes' ends, where the bars know the price, or of every second for which the tape itself holds
// a price; outcomes are the bars' (or the venue's, where the tape tells).
Result<std::vector<backtest::QuoteObservation>> observe_quotes(
    std::vector<std::filesystem::path> const& tapes, models::window::AssetBars const& bars
);

// A text with "price_to_beat:", "market_start_ts:" and one row a second: seconds left, m:ss, side,
// quote in cents, ..., btc= price. The quote is what the named side costs.
Result<backtest::QuoteTrace> read_quote_trace(std::filesystem::path const& file);

} // namespace polyquant::app
