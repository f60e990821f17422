#include "engine/execution/risk_gate.hpp"
#include "tests/engine/execution/sim_world.hpp"

using namespace polyquant;
using namespace polyquant::execution;

namespace {

struct GateFixture {
    Market market = world_market();
    UtcTime now = utc_from_seconds(1'776'081'700);
    Portfolio portfolio;
    config::RiskParams limits;
    RiskGate gate{limits, portfolio};
    PlaceOrder intent = world_order(market, Side::buy, cents(90), shares(5), TimeInForce::fok, now);
    RiskView view;
    std::uint64_t seq = 0;

    GateFixture() {
        view.now = now;
        view.market = &market;
        view.book_age = view.spot_age = view.signal_age = view.clock_offset = Nanos{0};
        record(CapitalMoved{test_strategy, usd(50), ""});
    }

    void record(FactBody body, UtcTime at = utc_from_seconds(1'776'081'650)) {
        portfolio.apply({++seq, at, std::move(body)});
    }

    // An order of ours that reserves this much in `other`'s market.
    void reserve(Usdc amount, Market const& other, StrategyName const& strategy = test_strategy) {
        OrderPlaced placed;
        placed.order.bytes[31] = static_cast<std::uint8_t>(++seq);
        placed.intent = world_order(other, Side::buy, cents(90), shares(5), TimeInForce::fok, now);
        placed.intent.strategy = strategy;
        placed.reserved = amount;
        placed.slug = other.slug;
        record(placed);
    }

    void settle(bool won, Usdc cost, UtcTime at = utc_from_seconds(1'776'081'650)) {
        TradeMatched bought;
        bought.trade.trade = {std::to_string(++seq)};
        auto token = market.up; // of a window of its own
        token.bytes[0] = static_cast<std::uint8_t>(seq);
        bought.trade.token = token;
        bought.trade.size = shares(1);
        bought.strategy = test_strategy;
        bought.cost = cost;
        record(bought, at);
        PositionSettled settled;
        settled.strategy = test_strategy;
        settled.token = token;
        settled.size = shares(1);
        settled.cost = cost;
        settled.payout = won ? usd(1) : Usdc{};
        settled.won = won;
        record(settled, at);
    }

    Reason verdict() {
        auto const v = gate.check(intent, view);
        if (std::holds_alternative<Approved<PlaceOrder>>(v)) return Reason::order_sent;
        text = std::get<Refusal>(v).text;
        return std::get<Refusal>(v).reason;
    }

    std::string text;
};

} // namespace

TEST_CASE("RiskGate approves an order within every limit", "[execution][risk]") {
    GateFixture f;

    CHECK(f.verdict() == Reason::order_sent);
}

TEST_CASE("RiskGate refuses while engine or strategy is halted", "[execution][risk]") {
    GateFixture f;
    f.record(TradingStateChanged{{}, true, Reason::timed_out, "an order is unknown"});
    CHECK(f.verdict() == Reason::trading_halted);
    CHECK_THAT(f.text, Catch::Contains("an order is unknown"));

    f.record(TradingStateChanged{{}, false, Reason::timed_out, ""});
    f.record(TradingStateChanged{test_strategy, true, Reason::kill_switch, "below 5"});

    CHECK(f.verdict() == Reason::kill_switch);
}

TEST_CASE(
    "RiskGate refuses a strategy without capital or below the kill switch", "[execution][risk]"
) {
    GateFixture f;
    f.record(CapitalMoved{test_strategy, usd_cents(-4'501), ""});
    CHECK(f.verdict() == Reason::kill_switch);
    CHECK(f.text == "bankroll 4.99 is below the kill switch 5");

    f.intent.strategy = {"other"};

    CHECK(f.verdict() == Reason::bankroll_short);
}

TEST_CASE("RiskGate refuses on an unknown or wrong clock, either way", "[execution][risk]") {
    GateFixture f;
    f.view.clock_offset = Millis{250};
    CHECK(f.verdict() == Reason::order_sent);
    f.view.clock_offset = Millis{251};
    CHECK(f.verdict() == Reason::clock_offset);
    f.view.clock_offset = Millis{-251};
    CHECK(f.verdict() == Reason::clock_offset);
    f.view.clock_offset.reset();
    CHECK(f.verdict() == Reason::clock_offset);
}

TEST_CASE("RiskGate refuses a closed, unlisted or foreign market", "[execution][risk]") {
    GateFixture f;
    f.view.now = f.market.window.end() - 1ms;
    CHECK(f.verdict() == Reason::order_sent);
    f.view.now = f.market.window.end();
    CHECK(f.verdict() == Reason::market_closed);
    f.view.now = f.now;
    f.view.market = nullptr;
    CHECK(f.verdict() == Reason::market_closed);
    auto const other = world_market(2);
    f.view.market = &other;
    CHECK(f.verdict() == Reason::market_closed);
    f.view.market = &f.market;
    f.intent.outcome = Outcome::down;
    CHECK(f.verdict() == Reason::market_closed);
}

TEST_CASE("RiskGate refuses prices outside its limits and off the grid", "[execution][risk]") {
    GateFixture f;
    f.limits.price_max = cents(95);
    f.gate.reload(f.limits);
    f.intent.limit = cents(96);
    CHECK(f.verdict() == Reason::price_out_of_bounds);
    f.intent.limit = Price::from_micros(905'000);
    CHECK(f.verdict() == Reason::price_out_of_bounds);
    f.intent.limit = cents(95);
    CHECK(f.verdict() == Reason::order_sent);
}

TEST_CASE("RiskGate refuses stale or missing book, spot and signal", "[execution][risk]") {
    GateFixture f;
    for (auto* age : {&f.view.book_age, &f.view.spot_age}) {
        *age = Millis{5'000};
        CHECK(f.verdict() == Reason::order_sent);
        *age = Millis{5'001};
        CHECK(f.verdict() == Reason::stale_data);
        age->reset();
        CHECK(f.verdict() == Reason::stale_data);
        *age = Nanos{0};
    }
    f.view.signal_age = Millis{360'001};
    CHECK(f.verdict() == Reason::stale_data);
    CHECK(f.text == "the signal is 360001 ms old, limit 360000 ms");
}

TEST_CASE(
    "RiskGate pauses after five losses in a row and counts anew after it", "[execution][risk]"
) {
    GateFixture f;
    for (int n = 0; n < 4; ++n)
        f.settle(false, usd_cents(10));
    CHECK(f.verdict() == Reason::order_sent);
    f.settle(true, usd_cents(10));
    for (int n = 0; n < 4; ++n)
        f.settle(false, usd_cents(10));
    CHECK(f.verdict() == Reason::order_sent);
    f.settle(false, usd_cents(10));
    CHECK(f.verdict() == Reason::loss_streak);
    CHECK_THAT(f.text, Catch::Contains("paused until 2026-04-13T13:00:50Z"));

    f.view.now = f.now - 51s + 3600s;
    f.market.window.start = f.now + 3600s;
    CHECK(f.verdict() == Reason::loss_streak);
    f.view.now += 1s;
    CHECK(f.verdict() == Reason::order_sent);
    f.settle(false, usd_cents(10), f.view.now);
    CHECK(f.verdict() == Reason::order_sent);
}

TEST_CASE("RiskGate counts open money and the order itself as lost today", "[execution][risk]") {
    GateFixture f;
    f.settle(false, usd(10));
    CHECK(f.verdict() == Reason::order_sent);
    f.reserve(usd_cents(1'047), f.market);
    CHECK(f.verdict() == Reason::daily_loss); // 10 + 10.47 + 4.5315 > 25
    f.view.now += std::chrono::days{1};
    f.market.window.start += std::chrono::days{1};
    CHECK(f.verdict() == Reason::order_sent);
}

TEST_CASE("RiskGate bounds one order, a window, an asset and everything", "[execution][risk]") {
    GateFixture f;
    f.limits.daily_loss_max = usd(1'000);
    f.gate.reload(f.limits);
    f.record(CapitalMoved{test_strategy, usd(500), ""});
    f.intent.size = shares(12);
    CHECK(f.verdict() == Reason::exposure_total); // above order_max
    f.intent.size = shares(5);

    auto eth_now = world_market(2, Asset::eth);
    f.reserve(usd_cents(1'546), eth_now);
    CHECK(f.verdict() == Reason::order_sent);
    f.reserve(usd_cents(1), eth_now);
    CHECK(f.verdict() == Reason::exposure_window);
    CHECK(f.text == "this window: 15.47 open + 4.5315 for this order, limit 20");

    GateFixture g;
    g.limits.daily_loss_max = usd(1'000);
    g.gate.reload(g.limits);
    g.record(CapitalMoved{test_strategy, usd(500), ""});
    auto earlier = world_market(3);
    earlier.slug = updown_slug(Asset::btc, window_at(g.now - 600s));
    g.reserve(usd_cents(2'047), earlier);
    CHECK(g.verdict() == Reason::exposure_asset);
    auto sol = world_market(4, Asset::sol);
    sol.slug = updown_slug(Asset::sol, window_at(g.now - 600s));
    g.intent.asset.reset();
    g.reserve(usd(25), sol, {"other"});
    CHECK(g.verdict() == Reason::exposure_total);
    CHECK(g.text == "in all: 45.47 open + 4.5315 for this order, limit 50");
}

TEST_CASE("RiskGate wants the worst case with its fee in free cash", "[execution][risk]") {
    GateFixture f;
    f.record(CapitalMoved{test_strategy, Usdc::from_micros(-40'000'000), ""});
    f.reserve(Usdc::from_micros(10'000'000 - 4'531'500), f.market);
    CHECK(f.verdict() == Reason::order_sent);
    f.record(CapitalMoved{test_strategy, Usdc::from_micros(-1), ""});
    CHECK(f.verdict() == Reason::bankroll_short);
    CHECK(f.text == "costs up to 4.5315 with the fee, 4.531499 is free");
}

TEST_CASE("RiskGate lets a paused strategy sell what it holds, and no more", "[execution][risk]") {
    GateFixture f;
    TradeMatched bought;
    bought.trade.trade = {"t"};
    bought.trade.token = f.market.up;
    bought.trade.size = shares(5);
    bought.strategy = test_strategy;
    bought.cost = usd(4);
    f.record(bought);
    for (int n = 0; n < 5; ++n) {
        auto const up = f.market.up;
        f.market.up = f.market.down;
        f.settle(false, usd_cents(10));
        f.market.up = up;
    }
    f.intent.side = Side::sell;
    CHECK(f.verdict() == Reason::bankroll_short);

    f.record(TradeChanged{{"t"}, {}, test_strategy, TradeState::matched, TradeState::confirmed});

    CHECK(f.verdict() == Reason::order_sent);
    f.intent.size = shares(6);
    CHECK(f.verdict() == Reason::bankroll_short);
}

namespace {

void change_calibration(GateFixture& f, CalibrationState to, std::optional<Asset> asset = {}) {
    CalibrationChanged change;
    change.strategy = test_strategy;
    change.asset = asset;
    change.to = to;
    f.record(change);
}

Shares approved_size(GateFixture const& f) {
    auto const verdict = f.gate.check(f.intent, f.view);
    auto const* approved = std::get_if<Approved<PlaceOrder>>(&verdict);
    return approved != nullptr ? approved->get().size : Shares{};
}

} // namespace

TEST_CASE("RiskGate halves the buys of a strategy in doubt", "[execution][risk][calibration]") {
    GateFixture f;
    f.intent.size = shares(5);
    change_calibration(f, CalibrationState::reduced);

    CHECK(approved_size(f) == shares(2)); // whole shares stay whole

    f.intent.size = shares(5) + Shares::from_micros(500'000);
    CHECK(approved_size(f) == Shares::from_micros(2'750'000));

    change_calibration(f, CalibrationState::trusted);
    CHECK(approved_size(f) == f.intent.size);
}

TEST_CASE("RiskGate refuses what a reduction makes too small", "[execution][risk][calibration]") {
    GateFixture f;
    f.intent.size = shares(2);
    change_calibration(f, CalibrationState::reduced);

    CHECK(f.verdict() == Reason::calibration_reduced); // one share at 0.90 is below 1 USDC
}

TEST_CASE(
    "RiskGate stops the buys of a strategy or of one coin", "[execution][risk][calibration]"
) {
    GateFixture f;

    change_calibration(f, CalibrationState::stopped, Asset::eth);
    CHECK(f.verdict() == Reason::order_sent);
    change_calibration(f, CalibrationState::stopped, f.intent.asset);
    CHECK(f.verdict() == Reason::calibration_stopped);

    change_calibration(f, CalibrationState::trusted, f.intent.asset);
    change_calibration(f, CalibrationState::stopped);
    CHECK(f.verdict() == Reason::calibration_stopped);
}

TEST_CASE("RiskGate trusts again under new parameters only", "[execution][risk][calibration]") {
    GateFixture f;
    change_calibration(f, CalibrationState::stopped);

    f.record(EpochOpened{test_strategy, "scalp_s1", 0, ""});
    CHECK(f.verdict() == Reason::calibration_stopped);
    f.record(EpochOpened{test_strategy, "scalp_s1", 8, ""});
    CHECK(f.verdict() == Reason::order_sent);
}

TEST_CASE("RiskGate without the calibration watch ignores it", "[execution][risk][calibration]") {
    GateFixture f;
    change_calibration(f, CalibrationState::stopped);
    f.limits.calibration_watch = false;
    f.gate.reload(f.limits);

    CHECK(f.verdict() == Reason::order_sent);
}

TEST_CASE("RiskGate lets strategies share a market unless told otherwise", "[execution][risk]") {
    GateFixture f;
    f.record(CapitalMoved{StrategyName{"other"}, usd(50), ""});
    f.reserve(usd(5), f.market, StrategyName{"other"});

    CHECK(f.verdict() == Reason::order_sent);
    f.limits.same_market = config::SameMarket::first;
    f.gate.reload(f.limits);
    CHECK(f.verdict() == Reason::held_elsewhere);
    f.intent.strategy = StrategyName{"other"};

    CHECK(f.verdict() == Reason::order_sent);
}
