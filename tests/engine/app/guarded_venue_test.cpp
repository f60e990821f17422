#include "engine/app/guarded_venue.hpp"
#include "tests/engine/app/app_world.hpp"
#include "tests/engine/runtime/run_tasks.hpp"

namespace {

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;
using runtime::testing::run_to_end;

struct World {
    asio::io_context io;
    ScriptedVenue venue;
    Result<void> may_send{};
    GuardedVenue guarded{venue, [this] {
                             return may_send;
                         }};
    PreparedOrder order;
};

} // namespace

TEST_CASE("GuardedVenue hands an order on while it may be sent", "[app][venue]") {
    World world;

    auto const answer = run_to_end(world.io, world.guarded.post(world.order, Instant::max()));

    CHECK(answer.has_value());
    CHECK(world.venue.posted.size() == 1);
}

TEST_CASE("GuardedVenue refuses an order for certain when the journal fails", "[app][venue]") {
    World world;
    world.may_send = Failure{Fault::storage, "journal", "disk full"};

    auto const answer = run_to_end(world.io, world.guarded.post(world.order, Instant::max()));

    CHECK(world.venue.posted.empty());
    REQUIRE_FALSE(answer.has_value());
    CHECK_FALSE(outcome_unknown(answer.error().fault));
    CHECK(answer.error().detail.find("disk full") != std::string::npos);
}

TEST_CASE("GuardedVenue lets cancels and look-ups pass when the journal fails", "[app][venue]") {
    World world;
    world.may_send = Failure{Fault::storage, "journal", "disk full"};

    auto const cancelled = run_to_end(world.io, world.guarded.cancel({}, Instant::max()));
    auto const looked_up = run_to_end(world.io, world.guarded.look_up({}, Instant::max()));

    CHECK(cancelled.has_value());
    CHECK(looked_up.error().fault == Fault::timeout); // the venue's own answer
}
