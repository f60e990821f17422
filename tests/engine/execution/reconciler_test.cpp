#include "engine/execution/reconciler.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::execution;

namespace {

OrderId order_id(std::uint8_t n) {
    OrderId id;
    id.bytes[31] = n;
    return id;
}

TokenId token_id(std::uint8_t n) {
    TokenId id;
    id.bytes[31] = n;
    return id;
}

FollowedOrder followed(std::uint8_t n, OrderState state, Shares filled = {}) {
    return {order_id(n), state, token_id(1), Side::buy, filled, true};
}

OwnTradeReport trade(char const* id, std::uint8_t order, Shares size, TradeState state) {
    OwnTradeReport event;
    event.report.trade = TradeId{id};
    event.report.order = order_id(order);
    event.report.token = token_id(1);
    event.report.size = size;
    event.report.price = cents(50);
    event.report.state = state;
    return event;
}

VenueOrderView listed(std::uint8_t n) {
    VenueOrderView view;
    view.report.order = order_id(n);
    view.token = token_id(1);
    return view;
}

} // namespace

TEST_CASE("Reconciler finds nothing where both sides agree to the micro", "[reconcile]") {
    OurBooks ours;
    ours.orders = {followed(1, OrderState::confirmed, shares(10))};
    ours.money = usd(95);
    ours.confirmed[token_id(1)] = shares(10);
    VenueAccountView venue;
    venue.trades = {trade("t", 1, shares(10), TradeState::confirmed)};
    venue.collateral = usd(100);
    venue.tokens[token_id(1)] = shares(10);

    auto const result = reconcile(ours, venue, usd(5));

    CHECK(result.is_whole());
    CHECK(result.differences.empty());
    CHECK(result.unassigned == usd(5));
}

TEST_CASE("Reconciler establishes what no strategy owns at the first comparison", "[reconcile]") {
    OurBooks ours;
    ours.money = usd(60);
    VenueAccountView venue;
    venue.collateral = usd(100);

    CHECK(reconcile(ours, venue, std::nullopt).unassigned == usd(40));
    ours.money = usd(160);
    auto const poor = reconcile(ours, venue, std::nullopt);
    CHECK_FALSE(poor.is_clean());
    CHECK(poor.differences[0].micros == -60'000'000);
}

TEST_CASE("Reconciler repairs a fill that never reached us", "[reconcile]") {
    OurBooks ours;
    ours.orders = {followed(1, OrderState::unknown)};
    ours.money = usd(100);
    VenueAccountView venue;
    venue.collateral = usd(95);
    venue.trades = {trade("t", 1, shares(10), TradeState::matched)};

    auto const result = reconcile(ours, venue, Usdc{});

    REQUIRE(result.repairs.size() == 1);
    CHECK(std::get<OwnTradeReport>(result.repairs[0]).report.size == shares(10));
    CHECK_FALSE(result.is_clean());
    CHECK(result.differences[0].kind == DifferenceKind::fills);
    CHECK(result.differences[0].micros == 10'000'000);
    CHECK(result.look_up == std::vector{order_id(1)});
    CHECK_FALSE(result.money_compared);
}

TEST_CASE("Reconciler blocks on orders and trades that are not ours", "[reconcile]") {
    OurBooks ours;
    ours.remembered = {order_id(3)};
    VenueAccountView venue;
    venue.open_orders = {listed(2), listed(3)};
    venue.trades = {
        trade("t", 4, shares(1), TradeState::confirmed),
        trade("u", 3, shares(1), TradeState::confirmed)
    };

    auto const result = reconcile(ours, venue, Usdc{});

    REQUIRE(result.differences.size() == 2);
    CHECK(result.differences[0].kind == DifferenceKind::foreign_order);
    CHECK(result.differences[1].kind == DifferenceKind::foreign_trade);
    CHECK_FALSE(result.is_clean());
    CHECK(result.repairs.empty());
}

TEST_CASE("Reconciler looks up an order that should rest and is not listed", "[reconcile]") {
    OurBooks ours;
    ours.orders = {followed(1, OrderState::live), followed(2, OrderState::live)};
    VenueAccountView venue;
    venue.open_orders = {listed(2)};

    auto const result = reconcile(ours, venue, Usdc{});

    CHECK(result.look_up == std::vector{order_id(1)});
    REQUIRE(result.differences.size() == 1);
    CHECK(result.differences[0].kind == DifferenceKind::missing_order);
    CHECK(result.is_clean());
    CHECK_FALSE(result.is_whole());
}

TEST_CASE(
    "Reconciler blocks on shares that are not there, once nothing is in flight", "[reconcile]"
) {
    OurBooks ours;
    ours.confirmed[token_id(1)] = shares(10);
    VenueAccountView venue;
    venue.tokens[token_id(1)] = shares(9);

    auto const settled = reconcile(ours, venue, Usdc{});
    ours.unsettled.insert(token_id(1));
    auto const in_flight = reconcile(ours, venue, Usdc{});

    REQUIRE(settled.differences.size() == 1);
    CHECK(settled.differences[0].kind == DifferenceKind::position);
    CHECK(settled.differences[0].micros == -1'000'000);
    CHECK_FALSE(settled.is_clean());
    CHECK(in_flight.differences.empty());
}

TEST_CASE("Reconciler takes more money for a deposit and blocks on less", "[reconcile]") {
    OurBooks ours;
    ours.money = usd(50);
    VenueAccountView venue;
    venue.collateral = usd(70);

    auto const more = reconcile(ours, venue, usd(10));
    venue.collateral = Usdc::from_micros(59'999'999);
    auto const less = reconcile(ours, venue, usd(10));

    CHECK(more.is_clean());
    CHECK(more.differences.size() == 1);
    CHECK(more.unassigned == usd(20));
    CHECK_FALSE(less.is_clean());
    CHECK(less.differences[0].micros == -1);
    CHECK(less.unassigned == usd(10));
}

TEST_CASE("Reconciler counts winnings that were not collected yet", "[reconcile]") {
    OurBooks ours;
    ours.money = usd(60);
    ours.settled[token_id(1)] = cents(100);
    ours.settled[token_id(2)] = Price{};
    VenueAccountView venue;
    venue.collateral = usd(50);
    venue.tokens[token_id(1)] = shares(10);
    venue.tokens[token_id(2)] = shares(7);

    auto const result = reconcile(ours, venue, Usdc{});

    CHECK(result.is_whole());
    CHECK(result.differences.empty());
}
