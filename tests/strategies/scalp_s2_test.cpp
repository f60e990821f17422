#include "tests/strategies/scalp_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::strategies;
using polyquant::test::order_of;
using polyquant::test::ScalpWorld;

TEST_CASE("S2 buys the side of the move", "[strategies][s2]") {
    ScalpWorld world;

    auto const up = world.decide(*world.s2());
    world.spot(69'900).quote(cents(9), cents(11), shares(40));
    world.signal.up = 0.02;
    auto const down = world.decide(*world.s2());

    REQUIRE(up.reason == Reason::order_sent);
    CHECK(up.side == Outcome::up);
    REQUIRE(down.reason == Reason::order_sent);
    CHECK(down.side == Outcome::down);
    CHECK(order_of(down).token == world.market.down);
    CHECK_FALSE(down[Outcome::up].evaluated);
}

TEST_CASE("S2 takes a move equal to its minimum in both directions", "[strategies][s2]") {
    auto const reason_at = [](std::int64_t e8) {
        ScalpWorld world;
        world.signal.up = e8 > 0 ? 0.97 : 0.03;
        if (e8 < 0) world.quote(cents(10), cents(12), shares(50));
        world.view.spot->price = world.view.strike->price + UsdPrice::from_e8(e8);
        return world.s2_reason();
    };
    constexpr std::int64_t least = 2'500'000'000;

    CHECK(reason_at(least) == Reason::order_sent);
    CHECK(reason_at(-least) == Reason::order_sent);
    CHECK(reason_at(least - 1) == Reason::move_too_small);
    CHECK(reason_at(-least + 1) == Reason::move_too_small);
}

TEST_CASE("S2 without a minimum move takes a tie for UP, as it settles", "[strategies][s2]") {
    ScalpWorld world;
    ScalpS2Params params;
    params.min_move = UsdPrice{};
    world.spot(70'000);

    CHECK(world.decide(*world.s2(params)).side == Outcome::up);
}

TEST_CASE("S2 does not buy against the move, whatever the edge", "[strategies][s2]") {
    ScalpWorld world;
    world.spot(69'900);

    auto const decision = world.decide(*world.s2());

    CHECK(decision.reason == Reason::ask_below_range);
    CHECK(decision.side == Outcome::down);
}

TEST_CASE("S2 needs the strike", "[strategies][s2]") {
    ScalpWorld world;
    world.view.strike.reset();

    CHECK(world.s2_reason() == Reason::strike_unknown);
    CHECK(world.s1_reason() == Reason::order_sent);
}

TEST_CASE("S2 trades BTC alone and in its own zone", "[strategies][s2]") {
    ScalpWorld world;
    auto const s2 = world.s2();

    CHECK(s2->trades(Asset::btc));
    CHECK_FALSE(s2->trades(Asset::eth));
    CHECK(world.left(60s).s2_reason() == Reason::order_sent);
    CHECK(world.left(60s + 1ns).s2_reason() == Reason::outside_zone);
    CHECK(world.left(1s).s2_reason() == Reason::outside_zone);
    world.left(30s).view.asset = Asset::eth;
    CHECK(world.s2_reason() == Reason::strategy_off);
}

TEST_CASE("S2 trades once a window, on whichever side", "[strategies][s2]") {
    ScalpWorld world;
    auto& down = world.state[Outcome::down];

    down = {.orders_sent = 1, .filled = true};
    CHECK(world.s2_reason() == Reason::already_traded);
    down = {.orders_sent = 1, .pending = true};
    CHECK(world.s2_reason() == Reason::order_pending);
    down = {.orders_sent = 1, .last_order_at = world.view.now};
    CHECK(world.s2_reason() == Reason::not_filled);
    down = {.orders_sent = 2, .last_order_at = world.view.now - 10s};
    CHECK(world.s2_reason() == Reason::order_sent);
    world.state[Outcome::up] = {.orders_sent = 1, .last_order_at = world.view.now - 10s};
    CHECK(world.s2_reason() == Reason::already_traded);
}

TEST_CASE("S2 gives the same window reasons as S1", "[strategies][s2]") {
    SECTION("off") {
        ScalpWorld world;
        CHECK(world.decide(*world.s2({}, false)).reason == Reason::strategy_off);
    }
    SECTION("no market") {
        ScalpWorld world;
        world.view.market = nullptr;
        CHECK(world.s2_reason() == Reason::no_market);
    }
    SECTION("disputed") {
        ScalpWorld world;
        world.view.strike_disputed = true;
        CHECK(world.s2_reason() == Reason::strike_disputed);
    }
    SECTION("no signal") {
        ScalpWorld world;
        world.signal.usable = false;
        CHECK(world.s2_reason() == Reason::no_signal);
    }
    SECTION("stale signal") {
        ScalpWorld world;
        world.signal.as_of -= 600s;
        CHECK(world.s2_reason() == Reason::signal_stale);
    }
    SECTION("stale spot") {
        ScalpWorld world;
        world.view.spot->at -= 6s;
        CHECK(world.s2_reason() == Reason::spot_stale);
    }
}

TEST_CASE("S2 gives the same side reasons as S1", "[strategies][s2]") {
    ScalpWorld world;

    SECTION("no book") {
        world.book.clear();
        CHECK(world.s2_reason() == Reason::book_missing);
    }
    SECTION("quarantined book") {
        world.book.quarantine("gap");
        CHECK(world.s2_reason() == Reason::book_quarantined);
    }
    SECTION("stale book") {
        world.view.now += 6s;
        world.view.spot->at = world.view.now;
        CHECK(world.s2_reason() == Reason::book_stale);
    }
    SECTION("no ask") {
        world.levels({{cents(88), shares(5)}}, {});
        CHECK(world.s2_reason() == Reason::no_ask);
    }
    SECTION("ask above") {
        world.quote(cents(96), cents(97), shares(50));
        CHECK(world.s2_reason() == Reason::ask_above_range);
    }
    SECTION("edge") {
        world.signal.up = 0.91;
        CHECK(world.s2_reason() == Reason::edge_too_small);
    }
    SECTION("size") {
        ScalpS2Params params;
        params.bet = usd_cents(89);
        CHECK(world.s2_reason(params) == Reason::size_zero);
        params.bet = usd(1);
        CHECK(world.s2_reason(params) == Reason::below_minimum);
    }
    SECTION("bankroll") {
        world.bankroll = usd(4);
        CHECK(world.s2_reason() == Reason::bankroll_short);
    }
    SECTION("depth") {
        world.quote(cents(88), cents(90), shares(4));
        CHECK(world.s2_reason() == Reason::not_enough_depth);
    }
}
