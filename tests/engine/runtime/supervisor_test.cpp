#include "engine/runtime/supervisor.hpp"
#include "tests/engine/runtime/run_tasks.hpp"
#include "tests/support/catch.hpp"

#include <memory>
#include <vector>

using namespace polyquant;
using namespace polyquant::runtime;
using namespace polyquant::runtime::testing;

namespace {

using Strings = std::vector<std::string>;

struct Notes {
    Strings failures;
    Strings log;
};

// The notes come first: coroutine frames that go with the io_context still write to them.
struct SupervisedWorld : Notes, SimWorld {
    Supervisor supervisor{io.get_executor(), clock, [this](std::string const&, Failure const& f) {
                              failures.push_back(describe(f));
                          }};

    Task<void> forever(std::string name) {
        struct Note {
            Strings& log;
            std::string text;

            Note(Strings& l, std::string t) : log{l}, text{std::move(t)} {}

            Note(Note const&) = delete;
            Note& operator=(Note const&) = delete;

            ~Note() { log.push_back(text); }
        } const note{log, std::move(name)};

        co_await clock.sleep_until(Instant::max());
    }

    Task<void> deaf(Nanos time) {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await clock.sleep_for(time);
    }

    Task<void> end_after(Nanos time) { co_await clock.sleep_for(time); }

    Task<void> throw_after(Nanos time) {
        co_await clock.sleep_for(time);
        throw std::runtime_error{"boom"};
    }

    StopReport stop() {
        std::optional<StopReport> report;
        auto run_stop = [&]() -> Task<void> {
            report = co_await supervisor.stop();
        };
        spawn(run_stop());
        run();
        REQUIRE(report);
        return *report;
    }
};

} // namespace

TEST_CASE("Supervisor knows what runs", "[runtime][supervisor]") {
    SupervisedWorld world;

    world.supervisor.start(Stage::feeds, "tape", world.forever("tape"));
    world.supervisor.start(Stage::orders, "execution", world.forever("execution"));
    world.supervisor.start_job(Stage::feeds, "warm-up", world.end_after(1s));
    world.run_for(500ms);

    CHECK(world.supervisor.running() == Strings{"feeds/tape", "orders/execution", "feeds/warm-up"});

    world.run_for(1s);

    CHECK(world.supervisor.running() == Strings{"feeds/tape", "orders/execution"});
    CHECK(world.failures.empty());
}

TEST_CASE("Supervisor reports a task that ends by itself", "[runtime][supervisor]") {
    SupervisedWorld world;

    world.supervisor.start(Stage::feeds, "tape", world.end_after(1s));
    world.run();

    CHECK(world.failures == Strings{"invalid in feeds/tape: the task ended by itself"});
}

TEST_CASE("Supervisor reports a task or job that throws", "[runtime][supervisor]") {
    SupervisedWorld world;

    world.supervisor.start(Stage::strategies, "scalp", world.throw_after(1s));
    world.supervisor.start_job(Stage::strategies, "training", world.throw_after(2s));
    world.run();

    CHECK(
        world.failures ==
        Strings{"transport in strategies/scalp: boom", "transport in strategies/training: boom"}
    );
}

TEST_CASE("Supervisor stops stage by stage", "[runtime][supervisor]") {
    SupervisedWorld world;
    auto cancel_orders = [&]() -> Task<Result<void>> {
        co_await world.clock.sleep_for(300ms);
        world.log.push_back("cancel all");
        co_return Result<void>{};
    };

    world.supervisor.start(Stage::close, "journal", world.forever("journal"));
    world.supervisor.start(Stage::orders, "execution", world.forever("execution"));
    world.supervisor.start(Stage::feeds, "tape", world.forever("tape"));
    world.supervisor.start(Stage::strategies, "scalp", world.forever("scalp"));
    world.supervisor.on_stop(Stage::orders, "cancel all", cancel_orders);
    world.poll();
    auto const report = world.stop();

    CHECK(report.clean());
    CHECK(world.log == Strings{"tape", "scalp", "cancel all", "execution", "journal"});
    CHECK(world.failures.empty());
    CHECK(world.supervisor.running().empty());
}

TEST_CASE(
    "Supervisor names the tasks that do not stop in time and goes on", "[runtime][supervisor]"
) {
    SupervisedWorld world;
    auto const start = world.clock.now();
    auto stuck = [&]() -> Task<Result<void>> {
        co_await world.clock.sleep_until(Instant::max());
        co_return Result<void>{};
    };

    world.supervisor.start(Stage::feeds, "deaf", world.deaf(60s));
    world.supervisor.start(Stage::close, "journal", world.forever("journal"));
    world.supervisor.on_stop(Stage::orders, "cancel all", stuck);
    world.poll();
    std::optional<StopReport> report;
    Instant ended{};
    auto run_stop = [&]() -> Task<void> {
        report = co_await world.supervisor.stop();
        ended = world.clock.now();
    };
    world.spawn(run_stop());
    world.run();

    REQUIRE(report);
    CHECK(report->late == Strings{"feeds/deaf"});
    REQUIRE(report->failed.size() == 1);
    CHECK(report->failed[0].first == "orders/cancel all");
    CHECK(report->failed[0].second.fault == Fault::timeout);
    CHECK(ended == start + 2s + 10s);
    CHECK(world.log == Strings{"journal"});
}

TEST_CASE("Supervisor refuses to start what is already stopping", "[runtime][supervisor]") {
    SupervisedWorld world;
    world.stop();

    CHECK_FALSE(world.supervisor.start(Stage::feeds, "late", world.forever("late")));
    CHECK(world.supervisor.stopping());
    CHECK(world.log.empty());
}

TEST_CASE("Supervisor joins jobs and gives up at the deadline", "[runtime][supervisor]") {
    SupervisedWorld world;
    std::vector<bool> joined;
    auto join = [&](Nanos time) -> Task<void> {
        auto const done = co_await world.supervisor.join(world.clock.now() + time);
        joined.push_back(done.has_value());
    };

    world.supervisor.start_job(Stage::close, "backfill", world.end_after(3s));
    world.spawn(join(1s));
    world.spawn(join(5s));
    world.run();

    CHECK(joined == std::vector{false, true});
}

TEST_CASE("Supervisor and io_context may be destroyed in either order", "[runtime][supervisor]") {
    auto failures = 0;
    SimClock clock{utc_from_seconds(0)};
    auto io = std::make_unique<asio::io_context>();
    auto supervisor = std::make_unique<Supervisor>(
        io->get_executor(), clock, [&](std::string const&, Failure const&) { ++failures; }
    );
    supervisor->start(Stage::feeds, "sleeper", clock.sleep_until(Instant::max()));
    supervisor->start(Stage::feeds, "ender", clock.sleep_until(clock.now() + 1s));
    io->poll();

    SECTION("the context first") {
        io.reset();
        supervisor.reset();
    }
    SECTION("the supervisor first, with tasks still ending") {
        supervisor.reset();
        clock.advance_to(clock.now() + 1s);
        io->poll();
        io.reset();
    }

    CHECK(failures == 0);
}
