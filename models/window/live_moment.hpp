// What the market board knows of a window, as the window models ask for it: the one translation
// that every model uses live.
#pragma once

#include "engine/core/market_view.hpp"
#include "models/window/closed_form.hpp"

#include <string_view>

namespace polyquant::models::window {

struct LiveMoment {
    WindowState state;
    double price_noise = 0; // of Binance's price against the oracle's, where both are in play
};

// Only for a view that why_unusable() finds nothing wrong with.
LiveMoment live_moment(MarketView const& view);

// Empty if the window may be priced: an undisputed strike, a price, enough bars of which the newest
// is younger than 90 s and, late in a market that settles by an average, the realised part of it.
std::string_view why_unusable(MarketView const& view, bool enough_bars, UtcTime last_close);

} // namespace polyquant::models::window
