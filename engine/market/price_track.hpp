// The recent prices of one coin, as far as settlement needs them: what every source said at the
// window boundaries, and one slot a second of the last minutes for averages of our own.
#pragma once

#include "engine/core/events.hpp"
#include "engine/core/market_view.hpp"

#include <array>
#include <optional>

namespace polyquant::market {

// How close to the rule a boundary price is, best first. Two prices may decide a window together
// only if they are of one kind, or both official: the basis between Binance's USDT price and the
// oracle's USD price is larger than many a window's move.
enum class BoundaryKind : std::uint8_t {
    venue,        // the market's own priceToBeat or finalPrice
    oracle,       // the stream that settles the market, at the boundary
    website,      // polymarket.com's price endpoint
    oracle_ticks, // TWAP rule: our average of the oracle's spot ticks before the boundary
    trade,        // Binance: last trade before the boundary, or our average of trades
    bar,          // Binance: close at the boundary, or mean(O,H,L,C) of the minute before it
};
inline constexpr std::size_t boundary_kind_count = 6;

constexpr bool is_official(BoundaryKind kind) {
    return kind <= BoundaryKind::website;
}

std::string_view to_string(BoundaryKind kind);

// Everything known about the price at one boundary under one rule.
class BoundaryPrices {
public:
    std::optional<PricePoint> const& of(BoundaryKind kind) const {
        return by_kind_[static_cast<std::size_t>(kind)];
    }

    void set(BoundaryKind kind, PricePoint point) {
        by_kind_[static_cast<std::size_t>(kind)] = point;
    }

    std::optional<BoundaryKind> best_kind() const;
    std::optional<PricePoint> best() const;
    // Two official prices further apart than this many millionths (100 = 1 bps).
    bool disputed(std::int64_t tolerance_ppm) const;

private:
    std::array<std::optional<PricePoint>, boundary_kind_count> by_kind_{};
};

// Distance in millionths of `a`.
std::int64_t distance_ppm(UsdPrice a, UsdPrice b);

class PriceTrack {
public:
    // Boundaries of all up/down series lie on this grid.
    static constexpr Seconds boundary_grid{300};
    static constexpr std::size_t boundaries_kept = 64; // 5 h 20 min
    static constexpr std::size_t seconds_kept = 512;   // 8.5 min, per source
    // A spot tick this long after a boundary still stands for it.
    static constexpr Millis late_tick_max{2'000};
    // A price is carried over a silence of at most this long.
    static constexpr Seconds carry_max{5};

    void on(PriceTick const& tick);
    void on(BarUpdate const& bar);

    // `boundary` on the grid and not forgotten, else nothing is known. Prices by every source that
    // fits the rule; the oracle's spot tick at the boundary or the first within 2 s after it.
    BoundaryPrices at_boundary(UtcTime boundary, SettlementRule rule) const;

    // Newest by the time the venue gave it.
    std::optional<PricePoint> const& latest(PriceSource source) const {
        return latest_[static_cast<std::size_t>(source)];
    }

    // Time-weighted mean of ticks over [from, to): each price holds until the next. Nothing if less
    // than 90 % of the seconds begun have a tick of their own. `source` is chainlink_spot or
    // binance_trade; the result is stamped `to`.
    std::optional<PricePoint> average(PriceSource source, UtcTime from, UtcTime to) const;

private:
    // First and last tick of one second; what lies between moves an average by less than that
    // second's own range.
    struct Slot {
        std::int64_t second = -1;
        UtcTime first_at{};
        UtcTime last_at{};
        UsdPrice first;
        UsdPrice last;
    };

    using Slots = std::array<Slot, seconds_kept>;

    struct Boundary {
        UtcTime at{};
        bool used = false;
        std::optional<PricePoint> oracle_spot;
        std::optional<PricePoint> oracle_twap30;
        std::optional<PricePoint> oracle_twap60;
        std::optional<PricePoint> website_spot;
        std::optional<PricePoint> website_twap30;
        std::optional<PricePoint> website_twap60;
        std::optional<PricePoint> venue;
        std::optional<PricePoint> trade; // last before, until one at the boundary itself
        std::optional<PricePoint> oracle_average30;
        std::optional<PricePoint> oracle_average60;
        std::optional<PricePoint> trade_average30;
        std::optional<PricePoint> trade_average60;
        std::optional<PricePoint> bar_close;
        std::optional<PricePoint> bar_mean;
    };

    Slots* slots_of(PriceSource source);
    Slots const* slots_of(PriceSource source) const;
    Slot const* slot(Slots const& slots, std::int64_t second) const;
    void remember(Slots& slots, UtcTime at, UsdPrice price);
    Boundary* boundary_for_writing(UtcTime at);
    Boundary const* boundary(UtcTime at) const;
    void note_spot_tick(PriceTick const& tick, UtcTime at);
    void note_stamped_tick(PriceTick const& tick, UtcTime at);
    void settle_averages(PriceSource source, UtcTime at);

    std::array<std::optional<PricePoint>, 6> latest_{};
    Slots oracle_{};
    Slots trades_{};
    std::array<Boundary, boundaries_kept> boundaries_{};
};

} // namespace polyquant::market
