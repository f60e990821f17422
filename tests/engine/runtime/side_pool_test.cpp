#include "engine/runtime/side_pool.hpp"
#include "tests/engine/runtime/run_tasks.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

using namespace polyquant;
using namespace polyquant::runtime;
using namespace polyquant::runtime::testing;

namespace {

using Results = std::vector<std::string>;

Task<void>
run_job(SidePool& pool, std::string name, std::function<Result<int>()> work, Results& out) {
    auto result = co_await pool.submit<int>(name, std::move(work));
    out.push_back(
        result ? name + "=" + std::to_string(*result) : name + ": " + describe(result.error())
    );
}

// Released by the test, so that the order in which jobs end is known without waiting for time.
struct Gate {
    std::promise<void> promise;
    std::shared_future<void> future{promise.get_future()};

    std::function<Result<int>()> pass(int value) {
        return [f = future, value]() -> Result<int> {
            f.wait();
            return value;
        };
    }

    void open() { promise.set_value(); }
};

std::function<Result<int>()> give(int value) {
    return [value]() -> Result<int> {
        return value;
    };
}

} // namespace

TEST_CASE(
    "SidePool runs work on another thread and resumes on the loop's", "[runtime][side_pool]"
) {
    asio::io_context io;
    SidePool pool{io, 1, Delivery::as_ready};
    auto const loop_thread = std::this_thread::get_id();
    std::thread::id work_thread;
    std::thread::id resumed_thread;
    auto task = [&]() -> Task<bool> {
        auto work = std::function<Result<int>()>{[&]() -> Result<int> {
            work_thread = std::this_thread::get_id();
            return 7;
        }};
        auto const result = co_await pool.submit<int>("job", std::move(work));
        resumed_thread = std::this_thread::get_id();
        co_return result.has_value() && *result == 7;
    };

    CHECK(run_to_end(io, task()));

    CHECK(work_thread != loop_thread);
    CHECK(resumed_thread == loop_thread);
    CHECK(pool.pending() == 0);
}

TEST_CASE("SidePool delivers in the order of submission", "[runtime][side_pool]") {
    SimWorld world;
    SidePool pool{world.io, 2, GENERATE(Delivery::as_ready, Delivery::held)};
    Results out;
    Gate slow;
    std::promise<void> quick_done;
    world.spawn(run_job(pool, "slow", slow.pass(1), out));
    world.spawn(run_job(
        pool,
        "quick",
        [&]() -> Result<int> {
            quick_done.set_value();
            return 2;
        },
        out
    ));
    world.poll();

    quick_done.get_future().wait();
    world.poll();
    CHECK(out.empty());
    slow.open();
    pool.deliver();
    world.poll();

    CHECK(out == Results{"slow=1", "quick=2"});
}

TEST_CASE("SidePool with held delivery releases one batch when asked", "[runtime][side_pool]") {
    SimWorld world;
    SidePool pool{world.io, 2, Delivery::held};
    Results out;
    auto chain = [&]() -> Task<void> {
        co_await run_job(pool, "a", give(1), out);
        co_await run_job(pool, "b", give(2), out);
    };
    world.spawn(chain());
    world.spawn(run_job(pool, "c", give(3), out));
    world.poll();

    CHECK(pool.pending() == 2);
    CHECK(pool.deliver() == 2);
    world.poll();
    CHECK(out == Results{"a=1", "c=3"});
    CHECK(pool.deliver() == 1);
    world.poll();

    CHECK(out == Results{"a=1", "c=3", "b=2"});
    CHECK(pool.deliver() == 0);
}

TEST_CASE("SidePool turns failures and exceptions into failures", "[runtime][side_pool]") {
    SimWorld world;
    SidePool pool{world.io, 1, Delivery::held};
    Results out;
    world.spawn(run_job(
        pool, "fails", []() -> Result<int> { return Failure{Fault::storage, "disk", "full"}; }, out
    ));
    world.spawn(run_job(
        pool, "throws", []() -> Result<int> { throw std::runtime_error{"singular matrix"}; }, out
    ));
    world.poll();

    pool.deliver();
    world.poll();

    CHECK(
        out == Results{"fails: storage in disk: full", "throws: invalid in throws: singular matrix"}
    );
}

TEST_CASE("A cancelled wait for the SidePool ends at once", "[runtime][side_pool]") {
    SimWorld world;
    SidePool pool{world.io, 1, Delivery::held};
    Results out;
    Gate gate;
    std::promise<void> begun;
    auto const running = [&]() -> Result<int> {
        begun.set_value();
        gate.future.wait();
        return 1;
    };
    asio::cancellation_signal cancel;
    std::atomic<bool> skipped_ran = false;
    auto const skipped = [&]() -> Result<int> {
        skipped_ran = true;
        return 0;
    };
    asio::co_spawn(
        world.io,
        run_job(pool, "running", running, out),
        asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr) {})
    );
    asio::cancellation_signal cancel_skipped;
    asio::co_spawn(
        world.io,
        run_job(pool, "skipped", skipped, out),
        asio::bind_cancellation_slot(cancel_skipped.slot(), [](std::exception_ptr) {})
    );
    world.poll();
    begun.get_future().wait();

    cancel.emit(asio::cancellation_type::terminal);
    cancel_skipped.emit(asio::cancellation_type::terminal);
    world.poll();
    CHECK(
        out ==
        Results{
            "running: cancelled in running: the wait was cancelled",
            "skipped: cancelled in skipped: the wait was cancelled"
        }
    );
    gate.open();
    pool.deliver();

    CHECK(pool.pending() == 0);
    CHECK_FALSE(skipped_ran);
}

TEST_CASE(
    "A stopped SidePool cancels what has not begun and refuses more", "[runtime][side_pool]"
) {
    SimWorld world;
    SidePool pool{world.io, 1, Delivery::as_ready};
    Results out;
    auto const gate = std::make_shared<Gate>();
    std::promise<void> begun;
    world.spawn(run_job(
        pool,
        "stuck",
        [gate, &begun]() -> Result<int> {
            begun.set_value();
            gate->future.wait();
            return 1;
        },
        out
    ));
    world.spawn(run_job(pool, "queued", give(2), out));
    world.poll();
    begun.get_future().wait();

    auto const left = pool.stop(0ns);
    world.spawn(run_job(pool, "late", give(3), out));
    world.poll();

    CHECK(left == std::vector<std::string>{"stuck"});
    CHECK(
        out ==
        Results{
            "stuck: cancelled in stuck: the side pool has stopped",
            "queued: cancelled in queued: the side pool has stopped",
            "late: cancelled in late: the side pool has stopped"
        }
    );
    gate->open();
}

TEST_CASE("A SidePool may go while coroutines wait for it", "[runtime][side_pool]") {
    auto io = std::make_unique<asio::io_context>();
    auto pool = std::make_unique<SidePool>(*io, 2, Delivery::as_ready);
    Results out;
    for (auto i = 0; i < 4; ++i)
        asio::co_spawn(*io, run_job(*pool, "job", give(i), out), [](std::exception_ptr) {});
    io->poll();

    pool.reset();
    io.reset();

    CHECK(out.size() <= 4);
}
