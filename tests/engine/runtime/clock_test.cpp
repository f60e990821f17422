#include "engine/runtime/clock.hpp"
#include "engine/runtime/sim_clock.hpp"
#include "tests/engine/runtime/run_tasks.hpp"
#include "tests/support/catch.hpp"

#include <memory>
#include <vector>

using namespace polyquant;
using namespace polyquant::runtime;
using namespace polyquant::runtime::testing;

namespace {

Task<void> note_at(SimClock& clock, Instant at, int id, std::vector<int>& notes) {
    co_await clock.sleep_until(at);
    notes.push_back(id);
}

} // namespace

TEST_CASE(
    "SimClock wakes sleepers by instant and then by order of going to sleep", "[runtime][clock]"
) {
    SimWorld world;
    auto const t0 = world.clock.now();
    std::vector<int> notes;

    world.spawn(note_at(world.clock, t0 + 2s, 1, notes));
    world.spawn(note_at(world.clock, t0 + 1s, 2, notes));
    world.spawn(note_at(world.clock, t0 + 2s, 3, notes));
    world.spawn(note_at(world.clock, t0, 4, notes));
    world.poll();
    world.clock.advance_to(t0 + 5s);
    world.poll();

    CHECK(notes == std::vector{4, 2, 1, 3});
    CHECK_FALSE(world.clock.next_due());
}

TEST_CASE("SimClock moves UTC with the instant and converts both ways", "[runtime][clock]") {
    SimClock clock{utc_from_seconds(1'776'081'600)};

    clock.advance_to(clock.now() + 90s);

    CHECK(clock.utc_now() == utc_from_seconds(1'776'081'690));
    CHECK(clock.utc_of(clock.now() - 30s) == utc_from_seconds(1'776'081'660));
    CHECK(clock.instant_of(utc_from_seconds(1'776'081'700)) == clock.now() + 10s);
    CHECK(clock.instant_of(UtcTime::max()) == Instant::max());
}

TEST_CASE("SimClock does not count an endless sleep as due", "[runtime][clock]") {
    SimWorld world;
    std::vector<int> notes;

    world.spawn(note_at(world.clock, Instant::max(), 1, notes));
    world.poll();

    CHECK_FALSE(world.clock.next_due());
}

TEST_CASE("A cancelled sleep leaves the clock and throws", "[runtime][clock]") {
    SimWorld world;
    std::vector<int> notes;
    asio::cancellation_signal cancel;
    std::exception_ptr thrown;
    asio::co_spawn(
        world.io,
        note_at(world.clock, world.clock.now() + 1s, 1, notes),
        asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e) { thrown = e; })
    );
    world.poll();
    REQUIRE(world.clock.next_due());

    cancel.emit(asio::cancellation_type::terminal);
    world.poll();

    CHECK(thrown);
    CHECK(notes.empty());
    CHECK_FALSE(world.clock.next_due());
}

TEST_CASE("SimClock and io_context may be destroyed in either order", "[runtime][clock]") {
    std::vector<int> notes;
    auto clock = std::make_unique<SimClock>(utc_from_seconds(0));
    auto io = std::make_unique<asio::io_context>();
    for (auto i = 0; i < 3; ++i) {
        asio::co_spawn(*io, note_at(*clock, clock->now() + 1s, i, notes), [](std::exception_ptr) {
        });
    }
    io->poll();

    SECTION("the context first") {
        io.reset();

        CHECK_FALSE(clock->next_due());
    }
    SECTION("the clock first") {
        clock.reset();
        io.reset();

        CHECK(notes.empty());
    }
}

TEST_CASE(
    "LiveClock's two times advance and an instant in the past does not wait", "[runtime][clock]"
) {
    asio::io_context io;
    LiveClock clock;

    auto const rang = run_to_end(io, clock.wait_until(clock.now() - 1s));

    CHECK(rang);
    CHECK(clock.instant_of(clock.utc_now() + 10s) > clock.now());
}
