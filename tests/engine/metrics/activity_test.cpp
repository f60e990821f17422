#include "engine/metrics/activity.hpp"
#include "tests/support/catch.hpp"

#include <array>

using namespace polyquant;
using namespace polyquant::metrics;

namespace {

ConditionId market(std::uint8_t n) {
    ConditionId id;
    id.bytes[31] = n;
    return id;
}

OrderId order(std::uint8_t n) {
    OrderId id;
    id.bytes[31] = n;
    return id;
}

StrategyName const s1{"s1"};

void place(Activity& activity, std::uint8_t n) {
    OrderPlaced f;
    f.order = order(n);
    f.intent.strategy = s1;
    f.intent.market = market(1);
    f.intent.asset = Asset::eth;
    activity.on({1, {}, f});
}

void fill(Activity& activity, std::uint8_t n, Usdc cost) {
    TradeMatched f;
    f.strategy = s1;
    f.market = market(1);
    f.trade.order = order(n);
    f.cost = cost;
    f.trade.fee = Usdc::from_micros(7);
    activity.on({1, {}, f});
}

} // namespace

TEST_CASE("Activity counts orders, fills and money by strategy and coin", "[metrics]") {
    Activity activity;

    place(activity, 1);
    fill(activity, 1, Usdc::from_micros(3'000'000));
    fill(activity, 1, Usdc::from_micros(2'000'000));

    auto const& eth = activity.fields().at({"s1", "ETH"});
    CHECK(eth.orders == 1);
    CHECK(eth.orders_filled == 1);
    CHECK(eth.fills == 2);
    CHECK(eth.bought == Usdc::from_micros(5'000'000));
    CHECK(eth.fees == Usdc::from_micros(14));
}

TEST_CASE(
    "An order that ends without a fill is counted by its reason, one with a fill is not",
    "[metrics]"
) {
    Activity activity;
    place(activity, 1);
    place(activity, 2);
    fill(activity, 2, Usdc::from_micros(1));

    for (auto const n : std::array<std::uint8_t, 2>{1, 2}) {
        OrderChanged f;
        f.order = order(n);
        f.strategy = s1;
        f.to = OrderState::cancelled;
        f.reason = Reason::not_filled;
        activity.on({1, {}, f});
    }

    auto const& eth = activity.fields().at({"s1", "ETH"});
    CHECK(eth.not_filled == std::map<Reason, std::uint64_t>{{Reason::not_filled, 1}});
}

TEST_CASE("A position of an earlier start settles on the coin its window names", "[metrics]") {
    Activity activity;
    WindowSettled window;
    window.market = market(4);
    window.asset = Asset::sol;

    activity.on({1, {}, window});
    PositionSettled paid;
    paid.strategy = s1;
    paid.market = market(4);
    paid.size = Shares::from_micros(1'000'000);
    paid.payout = Usdc::from_micros(1'000'000);
    paid.cost = Usdc::from_micros(900'000);
    paid.won = true;
    activity.on({2, {}, paid});
    // A correction: no shares, only the difference.
    paid.size = {};
    paid.payout = Usdc::from_micros(-1'000'000);
    paid.cost = {};
    paid.won = false;
    activity.on({3, {}, paid});

    auto const& sol = activity.fields().at({"s1", "SOL"});
    CHECK(sol.won == 1);
    CHECK(sol.lost == 0);
    CHECK(sol.settled_profit == Usdc::from_micros(-900'000));
    CHECK(activity.windows_settled() == 1);
}

TEST_CASE("The newest orders are kept with what became of them", "[metrics]") {
    Activity activity;
    for (std::uint8_t n = 1; n <= Activity::recent_max + 5; ++n)
        place(activity, n);
    auto const newest = static_cast<std::uint8_t>(Activity::recent_max + 5);

    fill(activity, newest, Usdc::from_micros(3'000'000));
    OrderChanged ended;
    ended.order = order(newest - 1);
    ended.to = OrderState::cancelled;
    ended.reason = Reason::not_filled;
    activity.on({1, {}, ended});

    auto const& recent = activity.recent();
    REQUIRE(recent.size() == Activity::recent_max);
    CHECK(recent[0].order == order(newest));
    CHECK(recent[0].cost == Usdc::from_micros(3'000'000));
    CHECK(recent[1].state == OrderState::cancelled);
    CHECK(recent[1].reason == Reason::not_filled);
    CHECK(recent.back().order == order(6));
}
