#include "tests/strategies/scalp_world.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using namespace polyquant;
using namespace polyquant::strategies;
using namespace polyquant::test;

namespace {

std::vector<PlaceOrder> likely(ScalpWorld& w, Strategy const& strategy) {
    w.view.up = BookView{w.book, false};
    w.view.down = BookView{w.book, true};
    return strategy.likely_orders(
        {.view = w.view, .signal = &w.signal, .state = w.state, .bankroll = w.bankroll}
    );
}

// Everything that the signature of an order depends on.
bool is_same_order(PlaceOrder const& a, PlaceOrder const& b) {
    return a.market == b.market && a.token == b.token && a.side == b.side && a.limit == b.limit &&
           a.size == b.size && a.tif == b.tif && a.post_only == b.post_only;
}

} // namespace

TEST_CASE("Scalp's decision is among its likely orders at every ask", "[strategies][scalp]") {
    auto const s1 = ScalpWorld::s1();
    ScalpWorld before;
    auto const told = likely(before, *s1);

    for (auto ask = 85; ask <= 93; ++ask) {
        ScalpWorld now;
        now.quote(cents(ask - 2), cents(ask), shares(100));
        auto const decision = now.decide(*s1);
        REQUIRE(decision.reason == Reason::order_sent);
        INFO("ask " << ask);
        CHECK(std::ranges::any_of(told, [&](PlaceOrder const& order) {
            return is_same_order(order, order_of(decision));
        }));
    }
}

TEST_CASE("Scalp's likely orders follow the bankroll", "[strategies][scalp]") {
    ScalpS1Params params;
    params.sizing = Sizing::kelly;
    auto const s1 = ScalpWorld::s1(params);
    ScalpWorld w;
    auto const before = likely(w, *s1);
    w.bankroll = usd(25);

    auto const after = likely(w, *s1);

    REQUIRE_FALSE(before.empty());
    REQUIRE_FALSE(after.empty());
    CHECK(after.front().size < before.front().size);
}

TEST_CASE("Scalp tells no likely orders that could never have an edge", "[strategies][scalp]") {
    ScalpWorld w;
    w.signal.up = 0.5;

    CHECK(likely(w, *ScalpWorld::s1()).empty());
}

TEST_CASE("Scalp's likely orders stay few on a fine grid", "[strategies][scalp]") {
    ScalpWorld w;
    w.market.tick = Price::from_micros(1'000);

    auto const told = likely(w, *ScalpWorld::s1());

    CHECK(told.size() <= 51);
    CHECK(std::ranges::all_of(told, [](PlaceOrder const& order) {
        return order.limit >= cents(85) && order.limit <= cents(95);
    }));
}
