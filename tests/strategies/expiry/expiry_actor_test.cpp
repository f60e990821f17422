#include "tests/strategies/expiry/expiry_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::test;

TEST_CASE("The expiry actor buys a favourite when its book shows one", "[expiry][actor]") {
    ExpiryWorld world;

    CHECK(world.scan(listing(1, world.now())) == Reason::order_sent);
    world.actor.cycle();
    CHECK(world.counted(Reason::book_missing) == 1);
    world.sim.run_for(1s);
    world.quote(1, cents(95), cents(96));
    world.actor.wake(numbered<TokenId>(1, 2), 77);

    REQUIRE(world.orders.size() == 1);
    auto const& order = world.orders.front();
    CHECK(order.limit == cents(96));
    CHECK(order.size == shares(5));
    CHECK(order.tif == TimeInForce::fok);
    CHECK(order.input_seq == 77);
}

TEST_CASE("The expiry actor buys the other outcome on the mirror of its book", "[expiry][actor]") {
    ExpiryWorld world;
    auto row = listing(1, world.now());
    row.up_price = cents(3);
    row.down_price = cents(97);

    world.scan(row);
    world.quote(1, cents(3), cents(4));
    world.actor.wake(row.market.down, 1);

    REQUIRE(world.orders.size() == 1);
    CHECK(world.orders.front().token == row.market.down);
    CHECK(world.orders.front().outcome == Outcome::down);
    CHECK(world.orders.front().limit == cents(97));
}

TEST_CASE("The expiry actor buys a token once while it remembers it", "[expiry][actor]") {
    ExpiryWorld world;
    world.scan(listing(1, world.now()));
    world.quote(1, cents(95), cents(96));

    world.actor.cycle();
    world.actor.cycle();
    CHECK(world.counted(Reason::order_pending) == 1);
    world.fill(1);
    world.actor.cycle();
    CHECK(world.counted(Reason::order_pending) == 2);
    world.settle(1);
    world.actor.cycle();

    CHECK(world.orders.size() == 1);
    CHECK(world.counted(Reason::already_traded) == 1);
    CHECK(world.actor.memory().pending() == 0);
}

TEST_CASE("The expiry actor tries again after the pause when a FOK was killed", "[expiry][actor]") {
    ExpiryWorld world;
    world.scan(listing(1, world.now()));
    world.quote(1, cents(95), cents(96));

    world.actor.cycle();
    CHECK(world.actor.trades_today(world.now()) == 1);
    world.end_order(1, OrderState::cancelled);
    CHECK(world.actor.trades_today(world.now()) == 0);
    world.actor.cycle();
    CHECK(world.counted(Reason::not_filled) == 1);
    world.sim.run_for(61s);
    world.actor.cycle();

    CHECK(world.orders.size() == 2);
}

TEST_CASE("A voided fill leaves the token free again", "[expiry][actor]") {
    ExpiryWorld world;
    world.scan(listing(1, world.now()));
    world.quote(1, cents(95), cents(96));
    world.actor.cycle();
    world.fill(1);

    world.holdings[numbered<TokenId>(1, 2)] = {};
    world.tell(TradeChanged{
        TradeId{"t1"},
        numbered<OrderId>(1, 9),
        StrategyName{strategy_name},
        TradeState::matched,
        TradeState::failed
    });

    CHECK(world.actor.memory().pending() == 0);
    CHECK(world.actor.memory().remembered() == 0);
}

TEST_CASE("Not enough balance at the venue halts buying until the next scan", "[expiry][actor]") {
    ExpiryWorld world;
    for (int n = 1; n <= 2; ++n) {
        world.scan(listing(n, world.now()));
        world.quote(n, cents(95), cents(96));
    }
    world.actor.wake(numbered<TokenId>(1, 2), 1);

    world.end_order(1, OrderState::rejected, "not enough balance / allowance");
    world.actor.wake(numbered<TokenId>(2, 2), 2);
    CHECK(world.counted(Reason::balance_halt) == 1);
    CHECK(world.orders.size() == 1);
    world.sim.run_for(61s);
    world.actor.wake(numbered<TokenId>(2, 2), 3);

    CHECK(world.orders.size() == 2);
}

TEST_CASE(
    "The trades of a UTC day are limited, and the next day begins at zero", "[expiry][actor]"
) {
    ExpiryParams params;
    params.trades_per_day_max = 2;
    params.look_ahead = Seconds{40 * 3'600};
    params.listing_age_max = Seconds{80'000};
    ExpiryWorld world{params};
    for (int n = 1; n <= 3; ++n) {
        auto row = listing(n, world.now());
        row.market.window.length += Seconds{30 * 3'600};
        world.scan(row);
        world.quote(n, cents(95), cents(96));
    }

    world.actor.cycle();
    CHECK(world.orders.size() == 2);
    CHECK(world.counted(Reason::day_limit) == 1);
    world.fill(1);
    world.fill(2);
    auto const midnight = (unix_seconds(world.now()) / 86'400 + 1) * 86'400;
    world.sim.run_for(utc_from_seconds(midnight) - world.now());
    world.quote(3, cents(95), cents(96));
    world.actor.cycle();

    CHECK(world.orders.size() == 3);
}

TEST_CASE("Pending positions are limited and never forgotten", "[expiry][actor]") {
    ExpiryParams params;
    params.positions_max = 3;
    params.remembered_max = 1;
    ExpiryWorld world{params};
    for (int n = 1; n <= 5; ++n) {
        world.scan(listing(n, world.now()));
        world.quote(n, cents(95), cents(96));
    }

    world.actor.cycle();
    CHECK(world.orders.size() == 3);
    CHECK(world.counted(Reason::positions_full) == 2);
    for (std::size_t n = 1; n <= 3; ++n)
        world.fill(n);
    CHECK(world.actor.memory().pending() == 3);
    world.settle(1);
    world.settle(2);

    CHECK(world.actor.memory().pending() == 1);
    CHECK(world.actor.memory().remembered() == 1);
    CHECK(
        world.actor.memory().status(numbered<TokenId>(3, 2), world.now()) == TokenStatus::pending
    );
}

TEST_CASE("Of a neg-risk event one market is held at a time", "[expiry][actor]") {
    ExpiryWorld world;
    for (int n = 1; n <= 2; ++n) {
        auto row = listing(n, world.now());
        row.market.neg_risk = true;
        row.event = "who-wins";
        world.scan(row);
        world.quote(n, cents(95), cents(96));
    }

    world.actor.cycle();
    CHECK(world.orders.size() == 1);
    CHECK(world.counted(Reason::event_held) == 1);
    world.fill(1);
    world.settle(1);
    world.actor.cycle();

    CHECK(world.orders.size() == 2);
}

TEST_CASE("Two strategies never hold the same market", "[expiry][actor]") {
    ExpiryWorld world;
    world.scan(listing(1, world.now()));
    world.quote(1, cents(95), cents(96));
    world.elsewhere.insert(numbered<ConditionId>(1, 1));

    world.actor.cycle();

    CHECK(world.orders.empty());
    CHECK(world.counted(Reason::held_elsewhere) == 1);
}

TEST_CASE("A stop-loss sells what has fallen, on its own cadence", "[expiry][actor]") {
    ExpiryParams params;
    params.stop_loss = true;
    ExpiryWorld world{params};
    world.sim.spawn(world.actor.run());
    world.sim.run_for(1s);
    world.scan(listing(1, world.now()));
    world.quote(1, cents(95), cents(96));
    world.actor.wake(numbered<TokenId>(1, 2), 1);
    world.fill(1);

    world.sim.run_for(10s);
    CHECK(world.counted(Reason::stop_not_reached) == 1);
    world.quote(1, cents(87), cents(90));
    world.sim.run_for(10s);
    CHECK(world.counted(Reason::stop_not_reached) == 2);
    world.quote(1, cents(86), cents(90));
    world.sim.run_for(10s);

    REQUIRE(world.orders.size() == 2);
    CHECK(world.orders.back().side == Side::sell);
    CHECK(world.orders.back().limit == cents(86));
    CHECK(world.orders.back().size == shares(5));
    CHECK(world.orders.back().tif == TimeInForce::fak);
    world.fill(2);
    CHECK(world.actor.memory().remembered() == 1);
}

TEST_CASE("A candidate that leaves the lists is unwatched unless it is held", "[expiry][actor]") {
    ExpiryWorld world;
    for (int n = 1; n <= 2; ++n) {
        world.scan(listing(n, world.now()));
        world.quote(n, cents(95), cents(96));
    }
    world.actor.wake(numbered<TokenId>(1, 2), 1);
    world.fill(1);

    for (int n = 1; n <= 2; ++n) {
        auto row = listing(n, world.now());
        row.up_price = row.down_price = cents(50);
        CHECK(world.scan(row) == Reason::price_outside_lists);
    }
    CHECK(world.actor.candidates().size() == 0);
    CHECK(world.board.contains(numbered<ConditionId>(1, 1)));
    CHECK_FALSE(world.board.contains(numbered<ConditionId>(2, 1)));
    world.settle(1);

    CHECK(world.board.empty());
}

TEST_CASE("A market that no scan shows any more is dropped", "[expiry][actor]") {
    ExpiryWorld world;
    world.sim.spawn(world.actor.run());
    world.scan(listing(1, world.now()));

    world.sim.run_for(Seconds{420});

    CHECK(world.actor.candidates().size() == 0);
    CHECK(world.counted(Reason::listing_stale) == 1);
    CHECK(world.board.empty());
}

TEST_CASE(
    "The main list keeps the soonest ends, the watch list the highest prices", "[expiry][actor]"
) {
    ExpiryParams params;
    params.main_max = 2;
    params.watch_max = 2;
    ExpiryWorld world{params};
    for (int n = 1; n <= 4; ++n) {
        auto row = listing(n, world.now());
        row.market.window.length -= Seconds{60 * n};
        world.scan(row);
        auto watched = listing(10 + n, world.now());
        watched.up_price = Price::from_micros(880'000 + n * 1'000);
        watched.down_price = watched.up_price->complement();
        world.scan(watched);
    }

    std::vector<std::string> slugs;
    for (auto const* candidate : world.actor.candidates().in_order())
        slugs.push_back(candidate->market.slug);
    CHECK(slugs == std::vector<std::string>{"market-4", "market-3", "market-14", "market-13"});
    CHECK(world.board.size() == 4);
    CHECK(world.counted(Reason::list_full) == 4);
    CHECK(world.scan(listing(5, world.now())) == Reason::list_full);
}

TEST_CASE(
    "A reload changes ladders and lists and keeps what is pending", "[expiry][actor][reload]"
) {
    ExpiryWorld world;
    for (int n = 1; n <= 2; ++n) {
        auto row = listing(n, world.now());
        world.scan(row);
        world.quote(n, cents(95), cents(96));
    }
    world.actor.wake(numbered<TokenId>(1, 2), 1);
    world.fill(1);

    ExpiryParams blocking;
    blocking.block_words = {"RAIN"};
    blocking.time_ladder = true;
    world.actor.replace(expiry_strategy(blocking));
    world.actor.cycle();
    CHECK(world.orders.size() == 1);
    CHECK(world.scan(listing(2, world.now())) == Reason::blocked);
    CHECK(world.actor.memory().pending() == 1);
    CHECK(world.board.contains(numbered<ConditionId>(1, 1)));
    CHECK_FALSE(world.board.contains(numbered<ConditionId>(2, 1)));

    world.actor.replace(expiry_strategy({}, false));
    world.scan(listing(2, world.now()));
    world.quote(2, cents(95), cents(96));
    world.actor.cycle();
    CHECK(world.counted(Reason::strategy_off) == 1);
    world.actor.replace(expiry_strategy({}, true));
    world.actor.cycle();

    CHECK(world.orders.size() == 2);
    CHECK(world.actor.memory().pending() == 2);
}

TEST_CASE("Counts are handed over once an hour and at a change of parameters", "[expiry][actor]") {
    ExpiryWorld world;
    world.sim.spawn(world.actor.run());
    world.scan(listing(1, world.now()));
    world.quote(1, cents(90), cents(91));
    world.sim.run_for(Seconds{3'601});
    REQUIRE(world.hours.size() == 1);
    CHECK(world.hours.front().window.length == Seconds{3'600});
    CHECK(world.hours.front().counts.total() > 5);

    ExpiryParams other;
    other.ask_min = cents(90);
    world.scan(listing(2, world.now()));
    world.actor.cycle();
    world.actor.replace(expiry_strategy(other));

    CHECK(world.hours.size() == 2);
    CHECK(world.actor.reasons().total() == 0);
}

TEST_CASE("The gate's refusal is the answer and leaves the token free", "[expiry][actor]") {
    ExpiryWorld world;
    world.gate = Reason::kill_switch;
    world.scan(listing(1, world.now()));
    world.quote(1, cents(95), cents(96));

    world.actor.cycle();

    CHECK(world.counted(Reason::kill_switch) == 1);
    CHECK(world.actor.memory().pending() == 0);
    world.gate = Reason::order_sent;
    world.actor.cycle();
    CHECK(world.orders.size() == 1);
}
