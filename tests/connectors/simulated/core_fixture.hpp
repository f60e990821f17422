// A market and short ways to say what happens in it.
#pragma once

#include "connectors/simulated/matching_core.hpp"
#include "tests/support/catch.hpp"

namespace polyquant::simulated {

inline OrderId order_id(std::uint8_t n) {
    OrderId id;
    id.bytes[31] = n;
    return id;
}

inline Market test_market() {
    Market m;
    m.condition.bytes[31] = 7;
    m.window = {utc_from_seconds(1'776'081'600), Seconds{300}};
    m.slug = updown_slug(Asset::btc, m.window);
    m.asset = Asset::btc;
    m.up.bytes[31] = 1;
    m.down.bytes[31] = 2;
    m.fee = crypto_fee();
    return m;
}

inline constexpr UtcTime test_time = utc_from_seconds(1'776'081'700);

inline Level lv(std::int64_t price_cents, std::int64_t size) {
    return {cents(price_cents), shares(size)};
}

struct CoreFixture {
    Market market = test_market();
    MatchingCore core;
    Notices notices;

    static MatchingRules plain() {
        MatchingRules rules;
        rules.assumptions.displayed_ppm = 1'000'000;
        return rules;
    }

    explicit CoreFixture(MatchingRules const& rules = plain()) : core{rules} { core.list(market); }

    static Stamp stamp() { return {test_time, test_time, 0}; }

    void book(std::vector<Level> bids, std::vector<Level> asks, Outcome outcome = Outcome::up) {
        core.on(
            BookSnapshot{stamp(), market.token(outcome), std::move(bids), std::move(asks)}, notices
        );
    }

    void change(BookSide side, std::int64_t price, std::int64_t size, bool end = true) {
        core.on(BookChange{stamp(), market.up, side, cents(price), shares(size), end}, notices);
    }

    void print(Side taker, std::int64_t price, std::int64_t size) {
        core.on(PublicTrade{stamp(), market.up, taker, cents(price), shares(size)}, notices);
    }

    NewOrder
    order(std::uint8_t id, Side side, std::int64_t limit, std::int64_t size, TimeInForce tif) {
        NewOrder o;
        o.id = order_id(id);
        o.token = market.up;
        o.side = side;
        o.limit = cents(limit);
        o.size = shares(size);
        o.tif = tif;
        return o;
    }

    Result<MatchingCore::Admission> submit(NewOrder const& o) {
        auto admitted = core.admit(o, test_time);
        if (admitted) core.execute(o.id, test_time, notices);
        return admitted;
    }

    // The venue's refusal in its words, or "accepted".
    std::string refusal(NewOrder const& o) {
        auto const admitted = core.admit(o, test_time);
        return admitted ? "accepted" : admitted.error().detail;
    }

    std::vector<TradeReport> trades(std::uint8_t id) const {
        std::vector<TradeReport> found;
        for (auto const& n : notices)
            if (auto const* t = std::get_if<TradeNotice>(&n); t && t->trade.order == order_id(id))
                found.push_back(t->trade);
        return found;
    }

    Shares filled(std::uint8_t id) const {
        Shares sum;
        for (auto const& t : trades(id))
            sum += t.size;
        return sum;
    }

    OrderReport::Status status(std::uint8_t id) const { return core.look_up(order_id(id)).status; }
};

} // namespace polyquant::simulated
