// Short ways to say what a feed says, for tests of the board and of settlement.
#pragma once

#include "engine/core/events.hpp"

namespace polyquant::testing {

inline constexpr std::int64_t t0 = 1'776'081'600; // a window boundary

inline UtcTime at(double seconds_after_t0) {
    return utc_from_seconds(t0) + Nanos{static_cast<std::int64_t>(seconds_after_t0 * 1e9)};
}

inline Window window_of(int n = 0) {
    return Window{utc_from_seconds(t0 + 300 * n), Seconds{300}};
}

inline TokenId token(int n) {
    TokenId id;
    id.bytes[0] = 0x11;
    id.bytes[30] = static_cast<std::uint8_t>(n >> 8);
    id.bytes[31] = static_cast<std::uint8_t>(n);
    return id;
}

inline Market btc_market(int n = 0, SettlementRule rule = spot_rule()) {
    Market m;
    m.condition.bytes[0] = 0x22;
    m.condition.bytes[30] = static_cast<std::uint8_t>(n >> 8);
    m.condition.bytes[31] = static_cast<std::uint8_t>(n);
    m.window = window_of(n);
    m.slug = updown_slug(Asset::btc, m.window);
    m.question = "Bitcoin Up or Down";
    m.asset = Asset::btc;
    m.up = token(2 * n + 1);
    m.down = token(2 * n + 2);
    m.rule = rule;
    m.fee = crypto_fee();
    return m;
}

inline Stamp stamp(UtcTime venue, UtcTime received) {
    return Stamp{venue, received, 0};
}

inline Stamp stamp(UtcTime t) {
    return stamp(t, t);
}

inline Event listed(Market const& market, UtcTime when = at(-60)) {
    return MarketListed{stamp(when), market};
}

inline UsdPrice usd_price(double dollars) {
    return UsdPrice::from_e8(static_cast<std::int64_t>(dollars * 1e8 + 0.5));
}

inline Event tick(double when, double price, PriceSource source = PriceSource::chainlink_spot) {
    return PriceTick{stamp(at(when)), Asset::btc, source, Seconds{0}, usd_price(price)};
}

inline Event twap_tick(
    double when, double price, int length = 60, PriceSource source = PriceSource::chainlink_twap
) {
    return PriceTick{stamp(at(when)), Asset::btc, source, Seconds{length}, usd_price(price)};
}

inline Event minute_bar(double close_at, double open, double high, double low, double close) {
    BarUpdate update;
    update.at = stamp(at(close_at));
    update.bar = Bar{at(close_at - 60), Seconds{60}, open, high, low, close, 1.0, 1.0, 0.5};
    return update;
}

inline Event snapshot(TokenId const& id, UtcTime when, Price bid, Price ask) {
    return BookSnapshot{stamp(when), id, {{bid, shares(10)}}, {{ask, shares(20)}}};
}

inline Event
change(TokenId const& id, UtcTime when, BookSide side, Price price, Shares size, bool last = true) {
    return BookChange{stamp(when), id, side, price, size, last};
}

inline Event feed(std::string name, std::string topic, bool healthy, UtcTime when) {
    return FeedState{stamp(when), std::move(name), std::move(topic), healthy, "test"};
}

} // namespace polyquant::testing
