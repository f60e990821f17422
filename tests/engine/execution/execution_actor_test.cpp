#include "tests/engine/execution/sim_world.hpp"

using namespace polyquant;
using namespace polyquant::execution;
using simulated::PostFault;

namespace {

Level lv(std::int64_t price_cents, std::int64_t size) {
    return {cents(price_cents), shares(size)};
}

} // namespace

TEST_CASE("ExecutionActor fills a FOK and ends with confirmed inventory", "[execution]") {
    SimWorld w;
    w.book({}, {lv(90, 10)});

    auto const sent = w.buy(90, 5);
    CHECK(sent.reason == Reason::order_sent);
    CHECK(w.account().reserved == Usdc::from_micros(4'531'500)); // 4.50 + fee 0.0315
    w.advance(1s);
    CHECK(w.state(sent.order) == OrderState::matched);
    CHECK(w.account().positions.at(w.market.up).confirmed == shares(0));
    w.advance(5s);

    CHECK(w.state(sent.order) == OrderState::confirmed);
    CHECK(w.account().positions.at(w.market.up).confirmed == shares(5));
    CHECK(w.account().cash == Usdc::from_micros(95'468'500));
    CHECK(w.account().reserved == Usdc{});
    CHECK_FALSE(w.portfolio.audit());
    CHECK(w.sink.all<TradeMatched>().at(0).fill_latency == Millis{210}); // 60 + 150 taker delay
}

TEST_CASE("ExecutionActor meets the book of the arrival, not of the decision", "[execution]") {
    SimWorld w;
    w.book({}, {lv(90, 10)});

    auto const sent = w.buy(92, 5);
    w.advance(200ms);
    w.book({}, {lv(92, 10)});
    w.advance(1s);

    REQUIRE(w.sink.all<TradeMatched>().size() == 1);
    CHECK(w.sink.all<TradeMatched>()[0].trade.price == cents(92));
    CHECK(w.state(sent.order) == OrderState::matched);
}

TEST_CASE("ExecutionActor frees the money of a killed FOK", "[execution]") {
    SimWorld w;
    w.book({}, {lv(90, 4)});

    auto const sent = w.buy(90, 5);
    w.advance(1s);

    CHECK(w.state(sent.order) == OrderState::cancelled);
    CHECK(w.account().cash == usd(100));
    CHECK(w.account().epoch.total().not_filled[Reason::not_filled] == 1);
}

TEST_CASE("ExecutionActor keeps what a FAK got and frees the rest", "[execution]") {
    SimWorld w;
    w.book({}, {lv(90, 4)});

    auto const sent = w.buy(90, 10, TimeInForce::fak);
    w.advance(6s);

    CHECK(w.state(sent.order) == OrderState::confirmed);
    CHECK(w.account().positions.at(w.market.up).exposure == shares(4));
    CHECK(w.account().cash == Usdc::from_micros(100'000'000 - 3'600'000 - 25'200));
    CHECK_FALSE(w.portfolio.audit());
}

TEST_CASE("ExecutionActor frees the money of a refused order", "[execution]") {
    SimWorld w;
    w.venue.script({PostFault::rejected});

    auto const sent = w.buy(90, 5);
    w.advance(1s);

    CHECK(w.state(sent.order) == OrderState::rejected);
    CHECK(w.account().cash == usd(100));
    CHECK(w.venue.posts() == 1);
}

TEST_CASE("ExecutionActor finds an order whose answer and reports were lost", "[execution]") {
    SimWorld w;
    w.book({}, {lv(90, 10)});
    w.venue.script({PostFault::lost_answer});
    w.deaf = true;

    auto const sent = w.buy(90, 5);
    w.advance(2001ms);
    CHECK(w.state(sent.order) == OrderState::unknown);
    w.advance(1500ms);
    CHECK(w.state(sent.order) == OrderState::matched);
    CHECK(w.account().reserved == Usdc::from_micros(4'531'500));
    w.deaf = false;
    w.advance(2s);

    CHECK(w.state(sent.order) == OrderState::confirmed);
    CHECK(w.venue.posts() == 1);
    CHECK_FALSE(w.portfolio.audit());
}

TEST_CASE(
    "ExecutionActor posts the same order once more when the venue never saw it", "[execution]"
) {
    SimWorld w;
    w.book({}, {lv(90, 10)});
    w.venue.script({PostFault::lost_request});

    auto const sent = w.buy(90, 5);
    w.advance(20s);

    CHECK(w.state(sent.order) == OrderState::confirmed);
    CHECK(w.venue.posts() == 2);
    CHECK(w.sink.all<OrderPlaced>().size() == 1);
    CHECK(w.account().positions.at(w.market.up).exposure == shares(5));
}

TEST_CASE("ExecutionActor posts a lost order no third time and closes it", "[execution]") {
    SimWorld w;
    w.book({}, {lv(90, 10)});
    w.venue.script({PostFault::lost_request, PostFault::lost_request});

    auto const sent = w.buy(90, 5);
    w.advance(60s);

    CHECK(w.state(sent.order) == OrderState::rejected);
    CHECK(w.venue.posts() == 2);
    CHECK(w.account().cash == usd(100));
    CHECK(w.account().epoch.total().not_filled[Reason::timed_out] == 1);
}

TEST_CASE("ExecutionActor does not repeat an order worked behind a server error", "[execution]") {
    SimWorld w;
    w.book({}, {lv(90, 10)});
    w.venue.script({PostFault::server_error_worked});

    auto const sent = w.buy(90, 5);
    w.advance(20s);

    CHECK(w.state(sent.order) == OrderState::confirmed);
    CHECK(w.venue.posts() == 1);
}

TEST_CASE("ExecutionActor reverses a trade that fails to settle to the micro", "[execution]") {
    SimWorld w;
    w.book({}, {lv(87, 3), lv(89, 10)});
    w.venue.script({PostFault::trade_fails});

    auto const sent = w.buy(90, 7);
    w.advance(1s);
    auto const fees = Usdc::from_micros(23'760 + 27'420); // 0.023751 and 0.027412 rounded up
    CHECK(w.account().position_cost() == Usdc::from_micros(2'610'000 + 3'560'000) + fees);
    w.advance(5s);

    CHECK(w.state(sent.order) == OrderState::failed);
    CHECK(w.account().cash == usd(100));
    CHECK(w.account().positions.empty());
    CHECK(w.account().fees == Usdc{});
    CHECK(w.account().epoch.total().voided == 2);
    CHECK_FALSE(w.portfolio.audit());
}

TEST_CASE("ExecutionActor counts repeated reports once", "[execution]") {
    SimWorld w;
    w.repeats = 3;
    w.book({}, {lv(90, 10)});

    auto const sent = w.buy(90, 5);
    w.advance(6s);

    CHECK(w.sink.all<TradeMatched>().size() == 1);
    CHECK(w.sink.all<TradeChanged>().size() == 1);
    CHECK(w.account().cash == Usdc::from_micros(95'468'500));
    CHECK(w.state(sent.order) == OrderState::confirmed);
}

TEST_CASE("ExecutionActor sends nothing while the breaker is open, then probes", "[execution]") {
    config::ExecutionParams params;
    params.breaker_failures_max = 2;
    SimWorld w{SimWorld::fixed_latency(), 1, params};
    w.book({}, {lv(90, 100)});
    w.venue.script({PostFault::server_error, PostFault::server_error});

    w.buy(90, 5);
    w.buy(90, 5);
    w.advance(300ms);
    REQUIRE(w.breakers.size() == 1);
    CHECK(w.breakers[0].state == BreakerState::open);
    auto const posts = w.venue.posts();
    auto const refused = w.buy(90, 5);
    CHECK(refused.reason == Reason::breaker_open);
    CHECK(w.venue.posts() == posts);
    w.advance(60s);
    auto const probe = w.buy(90, 5);
    w.advance(1s);

    CHECK(probe.reason == Reason::order_sent);
    CHECK(w.breakers.back().state == BreakerState::closed);
    CHECK(w.actor.refusals().at(test_strategy)[Reason::breaker_open] == 1);
}

TEST_CASE("ExecutionActor cancels a resting order before its window ends", "[execution]") {
    SimWorld w;
    w.book({lv(80, 10)}, {lv(90, 10)});
    auto order = world_order(
        w.market, Side::buy, cents(80), shares(10), TimeInForce::gtc, w.clock.utc_now()
    );
    order.cancel_at = w.market.window.end();

    auto const sent = w.actor.submit(order, w.view());
    w.advance(1s);
    CHECK(w.state(sent.order) == OrderState::live);
    w.advance(188s);
    CHECK(w.state(sent.order) == OrderState::live);
    w.advance(2s);

    CHECK(w.state(sent.order) == OrderState::cancelled);
    CHECK(w.account().cash == usd(100));
}

TEST_CASE(
    "ExecutionActor cancels a resting order on request and after its time to live", "[execution]"
) {
    SimWorld w;
    w.book({lv(80, 10)}, {lv(90, 10)});

    auto const first = w.buy(80, 10, TimeInForce::gtc);
    auto const second = w.buy(79, 10, TimeInForce::gtc);
    w.advance(1s);
    CHECK(w.actor.cancel({test_strategy, first.order}));
    w.advance(1s);

    CHECK(w.state(first.order) == OrderState::cancelled);
    CHECK(w.state(second.order) == OrderState::live);
    CHECK_FALSE(w.actor.cancel({test_strategy, first.order}));
    w.advance(60s);
    CHECK(w.state(second.order) == OrderState::cancelled);
}

TEST_CASE("ExecutionActor cancels and verifies everything that rests at shutdown", "[execution]") {
    SimWorld w;
    w.book({lv(80, 10)}, {lv(90, 10)});
    auto const first = w.buy(80, 10, TimeInForce::gtc);
    w.advance(1s);
    std::optional<Result<void>> done;

    asio::co_spawn(
        w.io,
        w.actor.cancel_all(w.clock.now() + 3s),
        [&](std::exception_ptr, Result<void> r) { done = r; }
    );
    auto const last = w.buy(79, 10, TimeInForce::gtc);
    w.advance(2s);

    REQUIRE(done);
    CHECK(*done);
    CHECK(last.reason == Reason::order_sent);
    CHECK(w.state(first.order) == OrderState::cancelled);
    CHECK(is_terminal(w.state(last.order)));
    CHECK(w.buy(78, 10).reason == Reason::trading_halted);
    CHECK(w.account().cash == usd(100));
}

TEST_CASE(
    "ExecutionActor says which orders may still rest when cancelling takes too long", "[execution]"
) {
    auto simulated = SimWorld::fixed_latency();
    simulated.cancel_latency = 5s;
    SimWorld w{simulated};
    w.book({lv(80, 10)}, {});
    auto const sent = w.buy(80, 10, TimeInForce::gtc);
    w.advance(1s);
    std::optional<Result<void>> done;

    asio::co_spawn(
        w.io,
        w.actor.cancel_all(w.clock.now() + 1s),
        [&](std::exception_ptr, Result<void> r) { done = r; }
    );
    w.advance(1100ms);

    REQUIRE(done);
    REQUIRE_FALSE(*done);
    CHECK(done->error().fault == Fault::timeout);
    CHECK_THAT(done->error().detail, Catch::Contains(to_string(sent.order)));
}

TEST_CASE("ExecutionActor halts trading when an order stays unknown", "[execution]") {
    auto simulated = SimWorld::fixed_latency();
    simulated.lost_answer = 1.0;
    SimWorld w{simulated};
    w.deaf = true;
    w.book({}, {lv(90, 10)});

    auto const sent = w.buy(90, 5);
    w.advance(170s);

    CHECK(w.state(sent.order) == OrderState::unknown);
    CHECK(w.portfolio.halted());
    REQUIRE_FALSE(w.alarms.empty());
    CHECK_THAT(w.alarms[0], Catch::Contains("still unknown after 120 s"));
    CHECK(w.buy(90, 5).reason == Reason::trading_halted);
    CHECK(w.account().reserved == Usdc::from_micros(4'531'500));
}

namespace {

// What the user channel says when it is back.
OwnOrderReport killed(SimWorld const& w, OrderId const& order) {
    return {w.stamp(), {order, OrderReport::Status::unmatched, {}, Reason::not_filled, "killed"}};
}

} // namespace

TEST_CASE("ExecutionActor trades again once every order in doubt is settled", "[execution]") {
    auto simulated = SimWorld::fixed_latency();
    simulated.lost_answer = 1.0;
    SimWorld w{simulated};
    w.deaf = true;
    w.book({}, {lv(90, 10)});
    auto const first = w.buy(90, 5);
    auto const second = w.buy(90, 2);
    w.advance(170s);
    REQUIRE(w.portfolio.halted());
    auto const halts = [&] {
        return w.sink.all<TradingStateChanged>().size();
    };
    CHECK(halts() == 1);

    w.actor.on(killed(w, first.order));
    CHECK(w.portfolio.halted());
    w.actor.on(killed(w, second.order));

    CHECK(is_terminal(w.state(first.order)));
    CHECK(is_terminal(w.state(second.order)));
    CHECK_FALSE(w.portfolio.halted());
    CHECK(halts() == 2);
}

TEST_CASE("ExecutionActor leaves a halt of another rule alone", "[execution]") {
    auto simulated = SimWorld::fixed_latency();
    simulated.lost_answer = 1.0;
    SimWorld w{simulated};
    w.deaf = true;
    w.book({}, {lv(90, 10)});
    auto const sent = w.buy(90, 5);
    w.sink.record(TradingStateChanged{{}, true, Reason::kill_switch, "by hand"});
    w.advance(170s);

    w.actor.on(killed(w, sent.order));

    CHECK(is_terminal(w.state(sent.order)));
    CHECK(w.portfolio.halted());
    CHECK(w.portfolio.halt_reason() == Reason::kill_switch);
}

TEST_CASE("ExecutionActor refuses more orders in flight than allowed", "[execution]") {
    config::ExecutionParams params;
    params.orders_in_flight_max = 2;
    SimWorld w{SimWorld::fixed_latency(), 1, params};

    CHECK(w.buy(90, 5).reason == Reason::order_sent);
    CHECK(w.buy(90, 5).reason == Reason::order_sent);
    CHECK(w.buy(90, 5).reason == Reason::order_pending);
    w.advance(1s);
    CHECK(w.buy(90, 5).reason == Reason::order_sent);
}

TEST_CASE("ExecutionActor latches the kill switch and counts the refusal", "[execution]") {
    SimWorld w;
    w.sink.record(CapitalMoved{test_strategy, usd(-96), "taken out"});

    CHECK(w.buy(90, 5).reason == Reason::kill_switch);
    w.sink.record(CapitalMoved{test_strategy, usd(50), "put in"});

    CHECK(w.buy(90, 5).reason == Reason::kill_switch);
    CHECK(w.actor.refusals().at(test_strategy)[Reason::kill_switch] == 2);
    CHECK(w.sink.all<TradingStateChanged>().size() == 1);
    w.sink.record(TradingStateChanged{test_strategy, false, Reason::kill_switch, "restarted"});
    CHECK(w.buy(90, 5).reason == Reason::order_sent);
}

TEST_CASE("ExecutionActor sells only what is confirmed", "[execution]") {
    SimWorld w;
    w.book({lv(85, 100)}, {lv(90, 10)});
    w.buy(90, 5);
    w.advance(1s);

    CHECK(w.submit(Side::sell, cents(85), shares(5)).reason == Reason::bankroll_short);
    w.advance(5s);
    auto const sold = w.submit(Side::sell, cents(85), shares(5));
    CHECK(w.submit(Side::sell, cents(85), shares(5)).reason == Reason::bankroll_short);
    w.advance(6s);

    CHECK(w.state(sold.order) == OrderState::confirmed);
    CHECK(w.account().positions.empty());
    CHECK(w.account().realised == Usdc::from_micros(4'250'000 - 44'630 - 4'531'500));
    CHECK(w.account().losses == 1);
    CHECK_FALSE(w.portfolio.audit());
}

TEST_CASE("ExecutionActor follows an order of a former run to its end", "[execution]") {
    SimWorld first;
    first.book({}, {lv(90, 10)});
    auto const sent = first.buy(90, 5);
    first.advance(1ms);
    std::vector<FactBody> history;
    for (auto const& change : first.sink.all<OrderChanged>())
        history.emplace_back(change);
    auto const placed = first.sink.all<OrderPlaced>().at(0);
    SimWorld second;
    second.sink.record(placed);
    for (auto const& fact : history)
        second.sink.record(fact);

    second.actor.resume({placed.order, placed.intent, "bytes"}, second.market, history);
    CHECK(second.state(sent.order) == OrderState::unknown);
    second.book({}, {lv(90, 10)});
    second.advance(20s);

    CHECK(second.state(sent.order) == OrderState::confirmed);
    CHECK(second.venue.posts() == 1);
}

TEST_CASE("ExecutionActor sends nothing that could not be kept on disk", "[execution]") {
    SimWorld w;
    ExecutionActor::Hooks hooks;
    hooks.persist = [](PreparedOrder const&) -> Result<void> {
        return Failure{Fault::storage, "journal", "disk full"};
    };
    ExecutionActor actor{
        w.io.get_executor(), w.clock, w.supervisor, w.venue, w.sink, w.portfolio, w.gate, {}, hooks
    };

    auto const refused = actor.submit(
        world_order(w.market, Side::buy, cents(90), shares(5), TimeInForce::fok, w.clock.utc_now()),
        w.view()
    );
    w.advance(1s);

    CHECK(refused.reason == Reason::trading_halted);
    CHECK_THAT(refused.text, Catch::Contains("disk full"));
    REQUIRE(w.sink.all<OrderPlaced>().size() == 1);
    CHECK(w.state(w.sink.all<OrderPlaced>()[0].order) == OrderState::rejected);
    CHECK(w.account().reserved.is_zero());
    CHECK(w.venue.posts() == 0);
}

TEST_CASE(
    "ExecutionActor gives equal intents different ids, and the same again in a same run",
    "[execution]"
) {
    SimWorld a;
    SimWorld b;

    auto const first = a.buy(90, 5).order;
    auto const second = a.buy(90, 5).order;

    CHECK(first != second);
    CHECK(b.buy(90, 5).order == first);
    CHECK(SimWorld(SimWorld::fixed_latency(), 2).buy(90, 5).order != first);
}

namespace {

// A world whose FOKs are followed by resting orders.
struct FallbackWorld : SimWorld {
    static config::ExecutionParams params() {
        config::ExecutionParams p;
        p.fok_fallback = true;
        return p;
    }

    ExecutionActor following{
        io.get_executor(),
        clock,
        supervisor,
        venue,
        sink,
        portfolio,
        gate,
        params(),
        {.publish = {},
         .alarm = [this](std::string text) { alarms.push_back(std::move(text)); },
         .persist = {},
         .view_of =
             [this](PlaceOrder const&) {
                 return view();
             }}
    };

    Shares filled() const {
        Shares sum;
        for (auto const& fact : sink.all<TradeMatched>())
            sum += fact.trade.size;
        return sum;
    }
};

} // namespace

TEST_CASE(
    "ExecutionActor follows an unfilled FOK with an order that rests a while", "[execution]"
) {
    FallbackWorld w;
    w.book({}, {});

    auto const sent = w.following.submit(
        world_order(
            w.market, Side::buy, cents(50), shares(10), TimeInForce::fok, w.clock.utc_now()
        ),
        w.view()
    );
    w.advance(3s);

    CHECK(w.state(sent.order) == OrderState::cancelled);
    auto const placed = w.sink.all<OrderPlaced>();
    REQUIRE(placed.size() == 2);
    CHECK(placed[1].intent.tif == TimeInForce::gtc);
    CHECK(placed[1].intent.limit == cents(50));
    CHECK(w.state(placed[1].order) == OrderState::live);
    w.advance(15s);

    CHECK(w.state(placed[1].order) == OrderState::cancelled);
    auto const& counts = w.following.fallbacks().at(test_strategy);
    CHECK(counts.sent == 1);
    CHECK(counts.filled == 0);
    CHECK(counts.not_filled.total() == 1);
    CHECK(w.account().reserved.is_zero());
}

TEST_CASE("ExecutionActor never lets a fallback follow a fallback or a sale", "[execution]") {
    FallbackWorld w;
    w.book({}, {});
    w.following.submit(
        world_order(w.market, Side::buy, cents(50), shares(3), TimeInForce::fok, w.clock.utc_now()),
        w.view()
    );

    w.advance(60s);

    // Below the minimum of a resting order: refused by the venue, and that is the end of it.
    CHECK(w.sink.all<OrderPlaced>().size() <= 2);
    CHECK(w.following.open_orders() == 0);
}
