// Our own answer to "who won this window?", from the prices at its two ends.
#pragma once

#include "engine/core/market.hpp"
#include "engine/market/price_track.hpp"

#include <optional>

namespace polyquant::settlement {

struct WindowEstimate {
    std::optional<Outcome> winner; // empty: no comparable prices, or official ones that contradict
    std::optional<PricePoint> strike;
    std::optional<PricePoint> final_price;
    PriceSource source = PriceSource::binance_bar; // the weaker one of the two
    bool official = false; // both prices from sources that settle the market
    bool disputed = false; // official sources give different winners: nobody is guessed
};

// Up iff final >= strike. Only prices of comparable origin decide together: both official, both
// from the oracle's ticks, or both of the same Binance kind.
WindowEstimate
estimate_window(market::PriceTrack const& prices, Window window, SettlementRule rule);

} // namespace polyquant::settlement
