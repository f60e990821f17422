#include "tests/strategies/scalp_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::strategies;
using polyquant::test::order_of;
using polyquant::test::ScalpWorld;

TEST_CASE("S1 buys the favourite with a FOK at the ask", "[strategies][s1]") {
    ScalpWorld world;

    auto const decision = world.decide(*world.s1());

    REQUIRE(decision.reason == Reason::order_sent);
    CHECK(decision.intents.size() == 1);
    CHECK(decision.side == Outcome::up);
    auto const& order = order_of(decision);
    CHECK(order.strategy.text == "s");
    CHECK(order.market == world.market.condition);
    CHECK(order.token == world.market.up);
    CHECK(order.outcome == Outcome::up);
    CHECK(order.asset == Asset::btc);
    CHECK(order.side == Side::buy);
    CHECK(order.tif == TimeInForce::fok);
    CHECK(order.limit == cents(90));
    CHECK(order.size == shares(5));
    CHECK(order.seen_price == cents(90));
    CHECK(order.win_probability == 0.97);
    CHECK(order.edge == Approx(0.97 - 0.90 - 0.07 * 0.9 * 0.1));
    CHECK(order.decided_at == world.view.now);
    CHECK(order.input_seq == 7);
    CHECK(order.seen_spot == ScalpWorld::usd_price(70'100));
    CHECK(order.seen_strike == ScalpWorld::usd_price(70'000));
}

TEST_CASE("S1 buys DOWN on the mirror of the UP book", "[strategies][s1]") {
    ScalpWorld world;
    world.quote(cents(9), cents(11), shares(40));
    world.signal.up = 0.02;

    auto const decision = world.decide(*world.s1());

    REQUIRE(decision.reason == Reason::order_sent);
    CHECK(order_of(decision).token == world.market.down);
    CHECK(order_of(decision).limit == cents(91));
    CHECK(order_of(decision).win_probability == Approx(0.98));
}

TEST_CASE("S1 decides the same on a mirrored book and on the token's own", "[strategies][s1]") {
    ScalpWorld world;
    world.quote(cents(9), cents(11), shares(40));
    world.signal.up = 0.02;
    auto const mirrored = world.decide(*world.s1());
    world.own_down_book = true;

    auto const own = world.decide(*world.s1());

    REQUIRE(own.reason == Reason::order_sent);
    CHECK(order_of(own).limit == order_of(mirrored).limit);
    CHECK(order_of(own).size == order_of(mirrored).size);
    CHECK(order_of(own).edge == order_of(mirrored).edge);
}

TEST_CASE("S1 looks at UP before DOWN when both would do", "[strategies][s1]") {
    ScalpWorld world;
    ScalpS1Params params;
    params.ask_min = cents(5);
    params.min_edge = 0.02;
    params.count_fee = false;
    world.book.apply_snapshot(
        std::vector<Level>{}, std::vector{Level{cents(40), shares(50)}}, world.view.now
    );
    world.other_book.apply_snapshot(
        std::vector<Level>{}, std::vector{Level{cents(40), shares(50)}}, world.view.now
    );
    world.own_down_book = true;
    world.signal.up = 0.5;

    auto const decision = world.decide(*world.s1(params));

    REQUIRE(decision.reason == Reason::order_sent);
    CHECK(decision.side == Outcome::up);
    CHECK_FALSE(decision[Outcome::down].evaluated);
}

TEST_CASE("S1 goes on to DOWN when UP is traded already", "[strategies][s1]") {
    ScalpWorld world;
    ScalpS1Params params;
    params.ask_min = cents(5);
    params.count_fee = false;
    params.min_edge = 0.01;
    world.quote(cents(60), cents(62), shares(50));
    world.signal.up = 0.5;
    world.state[Outcome::up].filled = true;

    auto const decision = world.decide(*world.s1(params));

    REQUIRE(decision.reason == Reason::order_sent);
    CHECK(decision.side == Outcome::down);
    CHECK(order_of(decision).limit == cents(40));
}

TEST_CASE("S1 trades in the zone between lead and margin only", "[strategies][s1]") {
    auto const reason_at = [](Nanos left) {
        ScalpWorld world;
        world.left(left);
        return world.s1_reason();
    };

    CHECK(reason_at(45s + 1ns) == Reason::outside_zone);
    CHECK(reason_at(45s) == Reason::order_sent);
    CHECK(reason_at(1s + 1ns) == Reason::order_sent);
    CHECK(reason_at(1s) == Reason::outside_zone);
    CHECK(reason_at(0s) == Reason::outside_zone);
    CHECK(reason_at(-10s) == Reason::outside_zone);
}

TEST_CASE("S1 without a margin trades up to the close but not at it", "[strategies][s1]") {
    ScalpWorld world;
    ScalpS1Params params;
    params.margin = 0ms;

    CHECK(world.left(1ns).s1_reason(params) == Reason::order_sent);
    CHECK(world.left(0ns).s1_reason(params) == Reason::outside_zone);
}

TEST_CASE("S1 is off when disabled and for other assets", "[strategies][s1]") {
    ScalpWorld world;
    ScalpS1Params params;
    params.assets = {Asset::eth};

    CHECK(world.decide(*world.s1({}, false)).reason == Reason::strategy_off);
    CHECK(world.s1_reason(params) == Reason::strategy_off);
    CHECK_FALSE(world.s1(params)->trades(Asset::btc));
    world.view.asset.reset();
    CHECK(world.s1_reason() == Reason::strategy_off);
}

TEST_CASE("S1 needs a market with a grid", "[strategies][s1]") {
    ScalpWorld world;
    world.market.tick = Price{};
    CHECK(world.s1_reason() == Reason::no_market);
    world.view.market = nullptr;
    CHECK(world.s1_reason() == Reason::no_market);
}

TEST_CASE("S1 does not trade a disputed strike", "[strategies][s1]") {
    ScalpWorld world;
    world.view.strike_disputed = true;

    CHECK(world.s1_reason() == Reason::strike_disputed);
}

TEST_CASE("S1 needs a usable probability", "[strategies][s1]") {
    ScalpWorld world;

    world.signal.up = std::numeric_limits<double>::quiet_NaN();
    CHECK(world.s1_reason() == Reason::no_signal);
    world.signal.up = 1.01;
    CHECK(world.s1_reason() == Reason::no_signal);
    world.signal.up = 0.97;
    world.signal.usable = false;
    CHECK(world.s1_reason() == Reason::no_signal);

    WindowState const state;
    auto const s1 = world.s1();
    auto const decision =
        s1->decide({.view = world.view, .signal = nullptr, .state = state, .bankroll = usd(50)});
    CHECK(decision.reason == Reason::no_signal);
}

TEST_CASE("S1 refuses a signal of another window, too old or from the future", "[strategies][s1]") {
    ScalpWorld world;

    world.signal.window = next_window(world.market.window);
    CHECK(world.s1_reason() == Reason::signal_stale);
    world.signal.window = world.market.window;
    world.signal.asset = Asset::eth;
    CHECK(world.s1_reason() == Reason::signal_stale);
    world.signal.asset = Asset::btc;
    world.signal.as_of = world.view.now + 1ns;
    CHECK(world.s1_reason() == Reason::signal_stale);
    world.signal.as_of = world.view.now - 360s;
    CHECK(world.s1_reason() == Reason::order_sent);
    world.signal.as_of = world.view.now - 360s - 1ns;
    CHECK(world.s1_reason() == Reason::signal_stale);
}

TEST_CASE("S1 needs a fresh price of the coin", "[strategies][s1]") {
    ScalpWorld world;

    world.view.spot->at = world.view.now - 5s;
    CHECK(world.s1_reason() == Reason::order_sent);
    world.view.spot->at = world.view.now - 5s - 1ns;
    CHECK(world.s1_reason() == Reason::spot_stale);
    world.view.spot.reset();
    CHECK(world.s1_reason() == Reason::spot_stale);
}

TEST_CASE("S1 needs a live and fresh book", "[strategies][s1]") {
    SECTION("none for the market") {
        ScalpWorld world;
        CHECK(world.decide_as_seen(*world.s1()).reason == Reason::book_missing);
    }
    SECTION("no snapshot yet") {
        ScalpWorld world;
        world.book.clear();
        CHECK(world.s1_reason() == Reason::book_missing);
    }
    SECTION("quarantined") {
        ScalpWorld world;
        world.book.quarantine("crossed");
        CHECK(world.s1_reason() == Reason::book_quarantined);
    }
    SECTION("stale") {
        ScalpWorld world;
        world.view.now += 5s;
        world.view.spot->at = world.view.now;
        CHECK(world.s1_reason() == Reason::order_sent);
        world.view.now += 1ns;
        CHECK(world.s1_reason() == Reason::book_stale);
    }
}

TEST_CASE("S1 says when nobody offers", "[strategies][s1]") {
    ScalpWorld world;
    world.levels({}, {});

    CHECK(world.s1_reason() == Reason::no_ask);
}

TEST_CASE("S1 buys at both ends of its ask range and not beyond", "[strategies][s1]") {
    auto const reason_at = [](Price ask, double up) {
        ScalpWorld world;
        world.market.tick = Price::from_micros(1'000);
        world.signal.up = up;
        world.quote(ask - cents(2), ask, shares(50));
        return world.s1_reason();
    };

    CHECK(reason_at(cents(85), 0.97) == Reason::order_sent);
    CHECK(reason_at(cents(95), 0.999) == Reason::order_sent);
    CHECK(reason_at(Price::from_micros(849'000), 0.97) == Reason::ask_below_range);
    CHECK(reason_at(Price::from_micros(951'000), 0.999) == Reason::ask_above_range);
}

TEST_CASE("S1 takes an edge equal to its minimum and none below", "[strategies][s1]") {
    ScalpWorld world;
    ScalpS1Params params;
    params.count_fee = false;

    world.signal.up = 0.90 + 0.03;
    CHECK(world.s1_reason(params) == Reason::order_sent);
    world.signal.up = 0.92999;
    CHECK(world.s1_reason(params) == Reason::edge_too_small);
}

TEST_CASE("S1 takes its edge after the fee of the market's own schedule", "[strategies][s1]") {
    ScalpWorld world;
    world.signal.up = 0.934;
    CHECK(world.s1_reason() == Reason::edge_too_small);

    world.market.fee = no_fee();
    CHECK(world.s1_reason() == Reason::order_sent);

    world.market.fee = crypto_fee();
    ScalpS1Params baseline;
    baseline.count_fee = false;
    CHECK(world.s1_reason(baseline) == Reason::order_sent);
}

TEST_CASE("S1 sends nothing while an order is pending, filled or given up", "[strategies][s1]") {
    ScalpWorld world;
    auto& up = world.state[Outcome::up];

    up = {.orders_sent = 1, .pending = true};
    CHECK(world.s1_reason() == Reason::order_pending);
    up = {.orders_sent = 1, .filled = true};
    CHECK(world.s1_reason() == Reason::already_traded);
    up = {.orders_sent = 3};
    CHECK(world.s1_reason() == Reason::already_traded);
}

TEST_CASE("S1 retries an order that was not filled after a pause", "[strategies][s1]") {
    ScalpWorld world;
    world.state[Outcome::up] = {.orders_sent = 1, .last_order_at = world.view.now - 2s};
    CHECK(world.s1_reason() == Reason::order_sent);

    world.state[Outcome::up].last_order_at += 1ns;
    CHECK(world.s1_reason() == Reason::not_filled);
}

TEST_CASE("S1 buys whole shares only", "[strategies][s1]") {
    ScalpWorld world;
    ScalpS1Params params;

    params.bet = Usdc::from_micros(4'499'999);
    CHECK(order_of(world.decide(*world.s1(params))).size == shares(4));
    params.bet = usd_cents(80);
    CHECK(world.s1_reason(params) == Reason::size_zero);
}

TEST_CASE("S1 sends no order below the venue's least of one dollar", "[strategies][s1]") {
    ScalpWorld world;
    ScalpS1Params params;
    params.bet = usd(1);

    CHECK(world.s1_reason(params) == Reason::below_minimum);
}

TEST_CASE("S1 buys only what the bankroll pays with its fee", "[strategies][s1]") {
    ScalpWorld world;

    world.bankroll = Usdc::from_micros(4'531'500); // 5 * 0.90 + 5 * 0.07 * 0.09
    CHECK(world.s1_reason() == Reason::order_sent);
    world.bankroll = Usdc::from_micros(4'531'499);
    CHECK(world.s1_reason() == Reason::bankroll_short);
}

TEST_CASE("S1 sends no FOK that the book cannot fill at its limit", "[strategies][s1]") {
    ScalpWorld world;
    world.levels({{cents(80), shares(9)}}, {{cents(90), shares(4)}, {cents(91), shares(100)}});

    CHECK(world.s1_reason() == Reason::not_enough_depth);

    ScalpS1Params params;
    params.depth_check = false;
    CHECK(world.s1_reason(params) == Reason::order_sent);
}

TEST_CASE("S1 puts its limit on the market's tick, the baseline on cents", "[strategies][s1]") {
    ScalpWorld world;
    world.market.tick = Price::from_micros(1'000);
    auto const ask = Price::from_micros(905'000);
    world.quote(cents(88), ask, shares(50));
    ScalpS1Params baseline;
    baseline.limit_grid = LimitGrid::cent;

    CHECK(order_of(world.decide(*world.s1())).limit == ask);
    CHECK(order_of(world.decide(*world.s1(baseline))).limit == cents(91));
}

TEST_CASE("A limit rounded to cents never exceeds the highest ask", "[strategies][s1]") {
    ScalpWorld world;
    world.market.tick = Price::from_micros(1'000);
    world.signal.up = 0.999;
    world.quote(cents(88), Price::from_micros(945'000), shares(50));
    ScalpS1Params baseline;
    baseline.limit_grid = LimitGrid::cent;
    baseline.ask_max = Price::from_micros(945'000);

    CHECK(order_of(world.decide(*world.s1(baseline))).limit == Price::from_micros(945'000));
}

TEST_CASE("S1 reports the side that came nearest to an order", "[strategies][s1]") {
    auto const nearest = [](Price bid, Price ask, double up) {
        ScalpWorld world;
        world.signal.up = up;
        world.quote(bid, ask, shares(50));
        return world.decide(*world.s1());
    };

    SECTION("a missing edge is nearer than an ask outside the range") {
        auto const decision = nearest(cents(8), cents(10), 0.5);
        CHECK(decision.reason == Reason::edge_too_small);
        CHECK(decision.side == Outcome::down);
        CHECK(decision[Outcome::up].reason == Reason::ask_below_range);
        CHECK(decision[Outcome::down].ask == cents(92));
    }
    SECTION("of two asks below the range, the higher") {
        auto const decision = nearest(cents(40), cents(55), 0.5);
        CHECK(decision.reason == Reason::ask_below_range);
        CHECK(decision.side == Outcome::down);
    }
    SECTION("an ask just above the range before one far below") {
        auto const decision = nearest(cents(95), cents(96), 0.97);
        CHECK(decision.reason == Reason::ask_above_range);
        CHECK(decision.side == Outcome::up);
    }
    SECTION("UP when both are equal") {
        auto const decision = nearest(cents(49), cents(51), 0.5);
        CHECK(decision.reason == Reason::ask_below_range);
        CHECK(decision.side == Outcome::up);
    }
    SECTION("a traded side before an ask outside the range") {
        ScalpWorld world;
        world.state[Outcome::up].filled = true;
        auto const decision = world.decide(*world.s1());
        CHECK(decision.reason == Reason::already_traded);
        CHECK(decision[Outcome::down].reason == Reason::ask_below_range);
    }
}

TEST_CASE("The audit shows ask, probability and edge of both sides", "[strategies][s1]") {
    ScalpWorld world;
    world.signal.up = 0.5;

    auto const decision = world.decide(*world.s1());

    CHECK(decision.intents.empty());
    auto const& up = decision[Outcome::up];
    auto const& down = decision[Outcome::down];
    CHECK(up.evaluated);
    CHECK(up.ask == cents(90));
    CHECK(up.win_probability == 0.5);
    CHECK(up.edge == Approx(0.5 - 0.9 - 0.0063));
    CHECK(down.ask == cents(12));
    CHECK(down.edge == Approx(0.5 - 0.12 - 0.07 * 0.12 * 0.88));
}

TEST_CASE("The v5 numbers buy what the v4 numbers leave", "[strategies][s1]") {
    ScalpWorld world;
    world.signal.up = 0.82;
    world.quote(cents(76), cents(78), shares(50));
    ScalpS1Params v5;
    v5.ask_min = cents(75);
    v5.min_edge = 0.02;

    CHECK(world.s1_reason() == Reason::ask_below_range);
    CHECK(world.s1_reason(v5) == Reason::order_sent);
}
