// What a strategy may know about one market at one instant. Plain values and read-only views: no
// sockets, no clock.
#pragma once

#include "engine/core/book.hpp"
#include "engine/core/market.hpp"

#include <optional>

namespace polyquant {

struct PricePoint {
    UsdPrice price;
    UtcTime at{}; // venue time of the price
    PriceSource source = PriceSource::binance_trade;

    friend constexpr bool operator==(PricePoint const&, PricePoint const&) = default;
};

// A view is built for one evaluation and never stored: it points into the market board.
struct MarketView {
    UtcTime now{};
    Market const* market = nullptr; // null: no tradable market for this asset and window
    std::optional<Asset> asset;
    Window window;
    std::optional<BookView> up; // own book, or the mirror of the other token's
    std::optional<BookView> down;
    std::optional<PricePoint> spot;    // newest price of the coin
    std::optional<PricePoint> strike;  // price to beat, captured at the window's start
    bool strike_disputed = false;      // two sources disagree: not to be traded
    std::optional<PricePoint> average; // realised part of the final average (TWAP markets, late)

    Nanos to_close() const { return window.end() - now; }

    std::optional<BookView> const& book(Outcome o) const { return o == Outcome::up ? up : down; }
};

} // namespace polyquant
