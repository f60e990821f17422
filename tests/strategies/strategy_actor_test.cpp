#include "strategies/scalp/params.hpp"
#include "strategies/strategy_actor.hpp"
#include "tests/engine/runtime/run_tasks.hpp"
#include "tests/support/catch.hpp"

#include <random>
#include <set>

namespace {

using namespace polyquant;
using namespace polyquant::strategies;

constexpr Window first_window{utc_from_seconds(1'776'081'600)};

std::shared_ptr<config::StrategyParams const> some_params(int version) {
    ScalpS1Params params;
    params.attempts_max = version;
    return std::make_shared<config::TypedParams<ScalpS1Params>>(params);
}

// Answers as told and keeps what it was shown.
class ScriptedStrategy final : public Strategy {
public:
    struct Script {
        bool buy = false;
        std::vector<Outcome> outcomes{Outcome::up};
        WindowState seen;
        std::uint64_t seen_seq = 0;
        std::set<Asset> assets{Asset::btc};
        Seconds lead{45};
    };

    // Another version is another epoch.
    ScriptedStrategy(Script& script, int version)
        : Strategy{{{"scalp_s1", "s"}, some_params(version), {}}}, script_{script} {}

    Decision decide(StrategyInput const& input) override {
        script_.seen = input.state;
        script_.seen_seq = input.input_seq;
        Decision decision;
        decision.reason = Reason::edge_too_small;
        if (!script_.buy) return decision;
        PlaceOrder order;
        order.strategy = name();
        order.asset = input.view.asset;
        decision.reason = Reason::order_sent;
        for (auto outcome : script_.outcomes) {
            order.outcome = outcome;
            decision.intents.emplace_back(order);
        }
        return decision;
    }

    bool trades(Asset asset) const override { return script_.assets.contains(asset); }

    Seconds lead() const override { return script_.lead; }

private:
    Script& script_;
};

struct World final : StrategyHost {
    explicit World(std::vector<Asset> assets = {Asset::btc})
        : actor{
              sim.clock, *this, std::make_unique<ScriptedStrategy>(script, 1), std::move(assets)
          } {}

    MarketView view(Asset asset, Window window) const override {
        MarketView view;
        view.now = sim.clock.utc_now();
        view.asset = asset;
        view.window = window;
        return view;
    }

    models::Signal const* signal(Asset) const override { return nullptr; }

    Usdc free_bankroll(StrategyName const&) const override { return usd(50); }

    Submitted submit(PlaceOrder const& order, MarketView const& view) override {
        if (gate != Reason::order_sent && (!refused || order.outcome == *refused))
            return {gate, {}};
        auto const id = order_id(++orders);
        place(id, order.outcome, view.window);
        return {Reason::order_sent, id};
    }

    void evaluated(Strategy const& strategy, MarketView const& view, Decision const&, Reason answer)
        override {
        evaluations.push_back({view.now, strategy.epoch(), answer});
    }

    void window_over(WindowEvaluated counts) override { over.push_back(std::move(counts)); }

    static OrderId order_id(int n) {
        OrderId id;
        id.bytes[31] = static_cast<std::uint8_t>(n);
        return id;
    }

    void tell(FactBody body) { actor.on(Fact{++facts, sim.clock.utc_now(), std::move(body)}); }

    void place(OrderId id, Outcome outcome, Window window = first_window) {
        OrderPlaced placed;
        placed.order = id;
        placed.intent.strategy = StrategyName{"s"};
        placed.intent.asset = Asset::btc;
        placed.intent.outcome = outcome;
        placed.slug = updown_slug(Asset::btc, window);
        placed.reserved = usd(5);
        tell(placed);
    }

    void change(OrderId id, OrderState to, Usdc reserved_left = {}) {
        OrderChanged changed;
        changed.order = id;
        changed.strategy = StrategyName{"s"};
        changed.to = to;
        changed.reserved_left = reserved_left;
        tell(changed);
    }

    void fill(OrderId id, Usdc reserved_left = {}) {
        TradeMatched matched;
        matched.trade.order = id;
        matched.trade.trade = TradeId{"t1"};
        matched.strategy = StrategyName{"s"};
        matched.reserved_left = reserved_left;
        tell(matched);
    }

    void fail_trade(OrderId id) {
        tell(TradeChanged{
            TradeId{"t1"}, id, StrategyName{"s"}, TradeState::matched, TradeState::failed
        });
    }

    // What the strategy is shown at the next evaluation.
    SideState up() {
        actor.evaluate(Asset::btc, 0);
        return script.seen[Outcome::up];
    }

    void start() {
        asio::co_spawn(
            sim.io,
            actor.run(),
            asio::bind_cancellation_slot(
                cancel.slot(),
                [this](std::exception_ptr error) {
                    if (error) std::rethrow_exception(error);
                    ended = true;
                }
            )
        );
        sim.poll();
    }

    void stop() {
        cancel.emit(asio::cancellation_type::terminal);
        sim.poll();
    }

    std::uint64_t reported() const {
        std::uint64_t sum = 0;
        for (auto const& window : over)
            sum += window.counts.total();
        return sum;
    }

    struct Evaluation {
        UtcTime at;
        std::uint64_t epoch;
        Reason answer;
    };

    runtime::testing::SimWorld sim;
    asio::cancellation_signal cancel;
    ScriptedStrategy::Script script;
    Reason gate = Reason::order_sent;
    std::optional<Outcome> refused; // by the gate; empty: both
    int orders = 0;
    std::uint64_t facts = 0;
    std::vector<Evaluation> evaluations;
    std::vector<WindowEvaluated> over;
    bool ended = false;
    StrategyActor actor;
};

OrderId const one = World::order_id(101);
OrderId const two = World::order_id(102);

} // namespace

TEST_CASE(
    "StrategyActor evaluates at each window's start and at the edge of its zone",
    "[strategies][actor]"
) {
    World world;

    world.start();
    world.sim.run_for(600s);

    std::vector<UtcTime> at;
    for (auto const& evaluation : world.evaluations)
        at.push_back(evaluation.at);
    auto const start = first_window.start;
    CHECK(
        at == std::vector<UtcTime>{start, start + 255s, start + 300s, start + 555s, start + 600s}
    );
}

TEST_CASE("StrategyActor ignores changes before its zone", "[strategies][actor]") {
    World world;
    world.sim.clock.advance_to(world.sim.clock.instant_of(first_window.end() - 45s - 1ns));

    world.actor.wake(Asset::btc, 7);

    CHECK(world.evaluations.empty());
}

TEST_CASE(
    "StrategyActor evaluates every change from its zone's first instant on", "[strategies][actor]"
) {
    World world;
    world.sim.clock.advance_to(world.sim.clock.instant_of(first_window.end() - 45s));

    world.actor.wake(Asset::btc, 7);
    world.actor.wake(Asset::btc, 8);

    CHECK(world.evaluations.size() == 2);
    CHECK(world.script.seen_seq == 8);
}

TEST_CASE("StrategyActor leaves coins alone that it does not trade", "[strategies][actor]") {
    World world{{Asset::btc, Asset::eth}};
    world.script.lead = 300s;

    world.actor.wake(Asset::eth, 7);

    CHECK(world.evaluations.empty());
}

TEST_CASE("StrategyActor leaves coins alone that the run does not follow", "[strategies][actor]") {
    World world{{Asset::btc}};
    world.script.assets = {Asset::btc, Asset::eth};
    world.script.lead = 300s;

    world.actor.wake(Asset::eth, 7);

    CHECK(world.evaluations.empty());
}

TEST_CASE("StrategyActor keeps an order pending until it is over", "[strategies][actor]") {
    auto const state = GENERATE(
        OrderState::journaled,
        OrderState::sent,
        OrderState::live,
        OrderState::delayed,
        OrderState::unknown,
        OrderState::partially_filled
    );
    World world;
    world.up();

    world.place(one, Outcome::up);
    world.change(one, state, usd(5));

    CHECK(world.up().pending);
    CHECK_FALSE(world.script.seen[Outcome::down].pending);
}

TEST_CASE("StrategyActor lets go of an order that ended", "[strategies][actor]") {
    auto const state = GENERATE(OrderState::rejected, OrderState::cancelled, OrderState::failed);
    World world;
    world.up();

    world.place(one, Outcome::up);
    world.change(one, state);

    CHECK_FALSE(world.up().pending);
    CHECK_FALSE(world.script.seen[Outcome::up].filled);
}

TEST_CASE(
    "StrategyActor keeps a matched order pending until its fills are told", "[strategies][actor]"
) {
    World world;
    world.up();

    world.place(one, Outcome::up);
    world.change(one, OrderState::matched, usd(5));
    auto const before = world.up();
    world.fill(one);
    auto const after = world.up();

    CHECK(before.pending);
    CHECK_FALSE(after.pending);
    CHECK(after.filled);
}

TEST_CASE(
    "StrategyActor knows a partly filled order as filled and pending", "[strategies][actor]"
) {
    World world;
    world.up();

    world.place(one, Outcome::up);
    world.fill(one, usd(2));
    world.change(one, OrderState::partially_filled, usd(2));

    CHECK(world.up().pending);
    CHECK(world.script.seen[Outcome::up].filled);
}

TEST_CASE("StrategyActor takes a fill that comes after the order's end", "[strategies][actor]") {
    World world;
    world.up();
    world.place(one, Outcome::up);
    world.change(one, OrderState::cancelled);

    world.fill(one);

    CHECK(world.up().filled);
}

TEST_CASE("StrategyActor forgets a fill that failed to settle", "[strategies][actor]") {
    World world;
    world.up();
    world.place(one, Outcome::up);
    world.fill(one);

    world.fail_trade(one);
    world.change(one, OrderState::failed);

    CHECK_FALSE(world.up().filled);
    CHECK_FALSE(world.script.seen[Outcome::up].pending);
}

TEST_CASE(
    "StrategyActor keeps the second order pending when the first is confirmed",
    "[strategies][actor]"
) {
    World world;
    world.up();
    world.place(one, Outcome::up);
    world.fill(one);
    world.place(two, Outcome::up);

    world.change(one, OrderState::confirmed);

    CHECK(world.up().pending);
}

TEST_CASE("StrategyActor ignores other strategies' orders", "[strategies][actor]") {
    World world;
    world.up();
    OrderPlaced placed;
    placed.order = one;
    placed.intent.strategy = StrategyName{"other"};
    placed.intent.asset = Asset::btc;

    world.tell(placed);
    world.fill(one);

    CHECK_FALSE(world.up().pending);
    CHECK_FALSE(world.script.seen[Outcome::up].filled);
}

TEST_CASE("StrategyActor begins each window without the last one's orders", "[strategies][actor]") {
    World world;
    world.up();
    world.place(one, Outcome::up);

    world.sim.run_for(300s);
    auto const fresh = world.up();
    world.fill(one);
    auto const later = world.up();

    CHECK_FALSE(fresh.pending);
    CHECK_FALSE(later.filled);
}

TEST_CASE("StrategyActor books an order to its market's window", "[strategies][actor]") {
    World world;
    world.up();
    world.sim.run_for(300s);
    world.up();

    world.place(one, Outcome::up, first_window);

    CHECK_FALSE(world.up().pending);
}

TEST_CASE(
    "StrategyActor counts the gate's reason and no order when it refuses", "[strategies][actor]"
) {
    World world;
    world.script.buy = true;
    world.gate = Reason::exposure_window;

    world.actor.evaluate(Asset::btc, 1);

    CHECK(world.actor.reasons()[Reason::exposure_window] == 1);
    CHECK(world.actor.reasons()[Reason::order_sent] == 0);
    world.script.buy = false;
    CHECK(world.up().orders_sent == 0);
}

TEST_CASE(
    "StrategyActor counts an order as sent though the gate refused the other side",
    "[strategies][actor]"
) {
    World world;
    world.script.buy = true;
    world.script.outcomes = {Outcome::up, Outcome::down};
    world.gate = Reason::exposure_window;
    world.refused = GENERATE(Outcome::up, Outcome::down);

    auto const answer = world.actor.evaluate(Asset::btc, 1);

    CHECK(world.orders == 1);
    CHECK(answer == Reason::order_sent);
    CHECK(world.actor.reasons()[Reason::order_sent] == 1);
}

TEST_CASE("StrategyActor remembers how many orders it sent and when", "[strategies][actor]") {
    World world;
    world.script.buy = true;

    world.actor.evaluate(Asset::btc, 1);

    world.script.buy = false;
    CHECK(world.up().orders_sent == 1);
    CHECK(world.script.seen[Outcome::up].last_order_at == first_window.start);
    CHECK(world.script.seen[Outcome::up].pending);
}

TEST_CASE("StrategyActor reports a window's counts once it is over", "[strategies][actor]") {
    World world;
    world.start();

    world.sim.run_for(300s);

    REQUIRE(world.over.size() == 1);
    CHECK(world.over[0].window == first_window);
    CHECK(world.over[0].asset == Asset::btc);
    CHECK(world.over[0].counts[Reason::edge_too_small] == 2);
    CHECK(world.over[0].last == Reason::edge_too_small);
}

TEST_CASE(
    "StrategyActor evaluates nothing more once it is quiesced and still closes its window",
    "[strategies][actor]"
) {
    World world;
    world.start();
    world.actor.quiesce();

    world.actor.wake(Asset::btc, 1);
    world.sim.run_for(600s);

    CHECK(world.evaluations.size() == 1);
    CHECK(world.over.size() == 1);
}

TEST_CASE("StrategyActor reports the open window when it is stopped", "[strategies][actor]") {
    World world;
    world.start();
    world.sim.run_for(260s);

    world.stop();

    CHECK(world.ended);
    REQUIRE(world.over.size() == 1);
    CHECK(world.reported() == world.evaluations.size());
}

TEST_CASE(
    "StrategyActor keeps orders and counts through a reload of the same parameters",
    "[strategies][actor]"
) {
    World world;
    world.up();
    world.place(one, Outcome::up);

    world.actor.replace(std::make_unique<ScriptedStrategy>(world.script, 1));

    CHECK(world.actor.reasons().total() == 1);
    CHECK(world.over.empty());
    CHECK(world.up().pending);
}

TEST_CASE("StrategyActor ends the counts of an epoch with its parameters", "[strategies][actor]") {
    World world;
    world.up();
    world.place(one, Outcome::up);
    auto const before = world.actor.strategy().epoch();

    world.actor.replace(std::make_unique<ScriptedStrategy>(world.script, 2));
    auto const reported = world.over;
    auto const after = world.up();
    world.start();
    world.sim.run_for(300s);

    REQUIRE(reported.size() == 1);
    CHECK(reported[0].epoch == before);
    CHECK(reported[0].counts.total() == 1);
    CHECK(after.pending);
    REQUIRE(world.over.size() == 2);
    CHECK(world.over[1].epoch == world.actor.strategy().epoch());
    CHECK(world.reported() + 1 == world.evaluations.size()); // the new window has begun
}

TEST_CASE(
    "StrategyActor's windows add up to its evaluations whatever happens", "[strategies][actor]"
) {
    World world{{Asset::btc, Asset::sol}};
    world.script.assets = {Asset::btc, Asset::sol, Asset::xrp};
    std::mt19937 draw{20261123};
    world.start();

    for (int step = 1; step <= 400; ++step) {
        world.sim.run_for(Millis{draw() % 20'000});
        world.actor.wake(static_cast<Asset>(draw() % asset_count), draw());
        world.script.buy = draw() % 4 == 0;
        if (draw() % 40 == 0)
            world.actor.replace(
                std::make_unique<ScriptedStrategy>(world.script, static_cast<int>(1 + draw() % 3))
            );
    }
    world.stop();

    CHECK(world.reported() == world.evaluations.size());
    std::map<std::uint64_t, std::uint64_t> evaluated;
    std::map<std::uint64_t, std::uint64_t> reported;
    for (auto const& evaluation : world.evaluations)
        ++evaluated[evaluation.epoch];
    for (auto const& window : world.over)
        reported[window.epoch] += window.counts.total();
    CHECK(reported == evaluated);
}
