#include "engine/execution/portfolio.hpp"
#include "tests/engine/execution/sim_world.hpp"

using namespace polyquant;
using namespace polyquant::execution;

namespace {

struct Books {
    Portfolio portfolio;
    std::uint64_t seq = 0;
    UtcTime now = utc_from_seconds(1'776'081'700);

    Books() {
        record(EpochOpened{test_strategy, "scalp_s1", 11, ""});
        record(CapitalMoved{test_strategy, usd(100), ""});
    }

    void record(FactBody body) { portfolio.apply({++seq, now, std::move(body)}); }

    void trade(std::string id, Side side, Usdc cost, Shares size, Usdc fee = {}) {
        TradeMatched t;
        t.trade.trade = {std::move(id)};
        t.trade.token = world_market().up;
        t.trade.side = side;
        t.trade.size = size;
        t.trade.fee = fee;
        t.strategy = test_strategy;
        t.market = world_market().condition;
        t.cost = cost;
        record(t);
    }

    void change(std::string id, TradeState to) {
        record(TradeChanged{{std::move(id)}, {}, test_strategy, TradeState::matched, to});
    }

    void settle(Shares size, Usdc payout, Usdc cost, bool won) {
        PositionSettled s;
        s.strategy = test_strategy;
        s.token = world_market().up;
        s.size = size;
        s.payout = payout;
        s.cost = cost;
        s.won = won;
        record(s);
    }

    StrategyAccount const& account() const { return *portfolio.find(test_strategy); }
};

} // namespace

TEST_CASE("Portfolio carries cost and fee of a purchase until it is settled", "[execution]") {
    Books b;
    b.trade("a", Side::buy, usd(9), shares(10), usd_cents(6));
    CHECK(b.account().cash == usd_cents(9'094));
    CHECK(b.account().bankroll() == usd(100));

    b.settle(shares(10), usd(10), usd_cents(906), true);

    CHECK(b.account().cash == usd_cents(10'094));
    CHECK(b.account().realised == usd_cents(94));
    CHECK(b.account().wins == 1);
    CHECK(b.account().positions.empty());
    CHECK_FALSE(b.portfolio.audit());
}

TEST_CASE("Portfolio takes the sold share of the cost and reverses a failed sale", "[execution]") {
    Books b;
    b.trade("a", Side::buy, Usdc::from_micros(1'000'001), shares(3));
    b.change("a", TradeState::confirmed);
    b.trade("s", Side::sell, usd(1), shares(1));
    CHECK(b.account().realised == Usdc::from_micros(1'000'000 - 333'333));
    CHECK(b.account().positions.begin()->second.confirmed == shares(2));

    b.change("s", TradeState::failed);

    CHECK(b.account().realised == Usdc{});
    CHECK(b.account().position_cost() == Usdc::from_micros(1'000'001));
    CHECK(b.account().positions.begin()->second.confirmed == shares(3));
    CHECK_FALSE(b.portfolio.audit());
}

TEST_CASE(
    "Portfolio sells confirmed shares at their own cost, not an unsettled one's", "[execution]"
) {
    Books b;
    b.trade("a", Side::buy, usd(1), shares(5));
    b.change("a", TradeState::confirmed);
    b.trade("b", Side::buy, usd(9), shares(10));
    b.trade("s", Side::sell, usd(2), shares(5));
    CHECK(b.account().realised == usd(1));

    b.change("b", TradeState::failed);

    CHECK(b.account().positions.empty());
    CHECK(b.account().cash == usd(101));
    CHECK_FALSE(b.portfolio.audit());
}

TEST_CASE("Portfolio takes back the loss it counted for a sale that failed", "[execution]") {
    Books b;
    b.trade("a", Side::buy, usd(2), shares(3));
    b.change("a", TradeState::confirmed);
    b.trade("s", Side::sell, usd(1), shares(3));
    CHECK(b.account().losses == 1);
    CHECK(b.account().losses_in_a_row() == 1);

    b.change("s", TradeState::failed);

    CHECK(b.account().losses == 0);
    CHECK(b.account().epoch.losses == 0);
    CHECK(b.account().losses_in_a_row() == 0);
}

TEST_CASE("Portfolio turns the count of a position that a correction settles anew", "[execution]") {
    Books b;
    b.trade("a", Side::buy, usd(9), shares(10));
    b.settle(shares(10), usd(10), usd(9), true);

    b.settle({}, usd(-10), {}, false);

    CHECK(b.account().wins == 0);
    CHECK(b.account().losses == 1);
    CHECK(b.account().epoch.wins == 0);
    CHECK(b.account().epoch.losses == 1);
    CHECK(b.account().losses_in_a_row() == 1);
    CHECK(b.account().closed.size() == 1);
    CHECK(b.account().realised == usd(-9));
    CHECK_FALSE(b.portfolio.audit());
}

TEST_CASE("Portfolio leaves the new epoch alone when it corrects the last one", "[execution]") {
    Books b;
    b.trade("a", Side::buy, usd(9), shares(10));
    b.settle(shares(10), {}, usd(9), false);
    b.now += std::chrono::seconds{1};
    b.record(EpochOpened{test_strategy, "scalp_s1", 12, ""});

    b.settle({}, usd(10), {}, true);

    CHECK(b.account().wins == 1);
    CHECK(b.account().losses == 0);
    CHECK(b.account().epoch.wins == 0);
    CHECK(b.account().epoch.losses == 0);
    CHECK(b.account().losses_in_a_row() == 0);
}

TEST_CASE("Portfolio confirms nothing that a settlement has paid already", "[execution]") {
    Books b;
    b.trade("a", Side::buy, usd(9), shares(10));
    b.settle(shares(10), usd(10), usd(9), true);
    b.trade("late", Side::buy, usd(2), shares(4));

    b.change("a", TradeState::confirmed);
    CHECK(b.account().sellable(world_market().up) == Shares{});
    b.change("late", TradeState::failed);

    CHECK(b.account().positions.empty());
    CHECK(b.account().cash == usd(101));
    CHECK_FALSE(b.portfolio.audit());
}

TEST_CASE("Portfolio settles at the cost in its books, not at the fact's", "[execution]") {
    Books b;
    b.trade("a", Side::buy, usd(9), shares(10));

    b.settle(shares(10), usd(10), usd(8), true);

    CHECK(b.account().realised == usd(1));
    CHECK(b.account().positions.empty());
    CHECK_FALSE(b.portfolio.audit());
}

TEST_CASE("Portfolio restarts statistics with an epoch and keeps money and streak", "[execution]") {
    Books b;
    b.trade("a", Side::buy, usd(9), shares(10));
    b.settle(shares(10), {}, usd(9), false);
    b.trade("b", Side::buy, usd(9), shares(10));

    b.record(EpochOpened{test_strategy, "scalp_s1", 12, ""});

    CHECK(b.account().epoch.epoch == 12);
    CHECK(b.account().epoch.losses == 0);
    CHECK(b.account().epoch.realised == Usdc{});
    CHECK(b.account().losses == 1);
    CHECK(b.account().losses_in_a_row() == 1);
    CHECK(b.account().cash == usd(82));
    CHECK(b.account().position_cost() == usd(9));
}

TEST_CASE("Portfolio counts profit by UTC day", "[execution]") {
    Books b;
    b.trade("a", Side::buy, usd(9), shares(10));
    b.settle(shares(10), {}, usd(9), false);
    CHECK(b.portfolio.realised_today(b.now) == usd(-9));

    b.now += std::chrono::days{1};
    CHECK(b.portfolio.realised_today(b.now) == Usdc{});
    b.trade("b", Side::buy, usd(9), shares(10));
    b.settle(shares(10), usd(10), usd(9), true);

    CHECK(b.portfolio.realised_today(b.now) == usd(1));
    CHECK(b.account().realised == usd(-8));
}

TEST_CASE("Portfolio counts a window's evaluations for its own epoch only", "[execution]") {
    Books b;
    WindowEvaluated w;
    w.strategy = test_strategy;
    w.epoch = 11;
    w.counts.add(Reason::edge_too_small, 7);
    b.record(w);
    w.epoch = 10;
    b.record(w);

    CHECK(b.account().epoch.reasons[Reason::edge_too_small] == 7);
}

TEST_CASE("Portfolio's audit names the first thing that is wrong", "[execution]") {
    Books b;
    b.settle(shares(10), {}, usd(9), false);

    auto const broken = b.portfolio.audit();

    REQUIRE(broken);
    CHECK_THAT(*broken, Catch::Contains("s1: position in") && Catch::Contains("-10 shares"));
}

TEST_CASE("Portfolio keeps fill statistics by asset", "[execution]") {
    SimWorld w;
    w.book({}, {{cents(89), shares(3)}, {cents(90), shares(10)}});
    w.buy(90, 5);
    w.buy(91, 50);
    w.advance(10s);

    auto const& fills = w.account().epoch.fills[index_of(Asset::btc)];

    CHECK(fills.sent == 2);
    CHECK(fills.filled == 1);
    CHECK(fills.trades == 2);
    CHECK(fills.not_filled[Reason::not_filled] == 1);
    CHECK(fills.latency_max == Millis{210});
    CHECK(fills.slippage == usd_cents(-3)); // three shares a cent below the seen 0.90
    CHECK(fills.size == shares(5));
}
