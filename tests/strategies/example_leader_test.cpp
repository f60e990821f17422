#include "strategies/examples/leader.hpp"
#include "tests/strategies/scalp_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::strategies;
using namespace polyquant::strategies::examples;
using namespace polyquant::test;

namespace {

std::unique_ptr<Strategy> leader(LeaderParams params = {}) {
    return ScalpWorld::make("example_leader", params);
}

} // namespace

TEST_CASE("Leader buys the side on which the coin stands", "[strategies][cookbook]") {
    ScalpWorld world;
    world.left(20s).spot(70'050);

    auto const up = world.decide(*leader());
    REQUIRE(up.reason == Reason::order_sent);
    CHECK(order_of(up).outcome == Outcome::up);
    CHECK(order_of(up).limit == cents(90));

    world.spot(69'950);
    world.quote(cents(8), cents(12), shares(100));
    auto const down = world.decide(*leader());
    REQUIRE(down.reason == Reason::order_sent);
    CHECK(order_of(down).outcome == Outcome::down);
    CHECK(order_of(down).limit == cents(92));
}

TEST_CASE("Leader says why it stays out", "[strategies][cookbook]") {
    ScalpWorld world;
    world.left(20s).spot(70'005);
    CHECK(world.decide(*leader()).reason == Reason::move_too_small);

    world.spot(70'050);
    world.left(40s);
    CHECK(world.decide(*leader()).reason == Reason::outside_zone);

    world.left(20s);
    world.quote(cents(95), cents(97), shares(100));
    CHECK(world.decide(*leader()).reason == Reason::ask_above_range);

    world.quote(cents(88), cents(90), shares(100));
    world.view.strike.reset();
    CHECK(world.decide(*leader()).reason == Reason::strike_unknown);

    LeaderParams timid;
    timid.assumed_edge = 0.01;
    ScalpWorld other;
    other.left(20s).spot(70'050);
    CHECK(other.decide(*leader(timid)).reason == Reason::edge_too_small);
}
