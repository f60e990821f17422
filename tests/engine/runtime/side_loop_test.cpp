#include "engine/runtime/clock.hpp"
#include "engine/runtime/side_loop.hpp"
#include "tests/support/catch.hpp"

#include <thread>

using namespace polyquant;
using namespace polyquant::runtime;

TEST_CASE("SideLoop runs its work on a thread of its own", "[runtime][side_loop]") {
    SideLoop loop;
    std::thread::id ran_on;
    loop.post([&] { ran_on = std::this_thread::get_id(); });

    loop.start();
    loop.stop([]() -> Task<void> { co_return; });

    CHECK(ran_on != std::thread::id{});
    CHECK(ran_on != std::this_thread::get_id());
}

TEST_CASE("SideLoop ends after its last task, and nothing runs later", "[runtime][side_loop]") {
    SideLoop loop;
    std::string order;

    loop.start();
    loop.post([&] { order += "work "; });
    loop.stop([&]() -> Task<void> {
        order += "last ";
        co_return;
    });
    loop.post([&] { order += "late "; });
    loop.stop();

    CHECK(order == "work last ");
}

TEST_CASE("SideLoop keeps what its last task captured until that task is over", "[runtime]") {
    SideLoop loop;
    LiveClock clock;
    std::string written;
    std::string const text = "longer than what a string keeps within itself";

    loop.start();
    loop.stop([&written, &clock, text]() -> Task<void> {
        (void)co_await clock.wait_until(clock.now() + Millis{1});
        written = text;
    });

    CHECK(written == text);
}

TEST_CASE("SideLoop that never began needs no stopping", "[runtime][side_loop]") {
    SideLoop loop;
    auto ran = false;
    loop.post([&] { ran = true; });

    loop.stop();

    CHECK_FALSE(ran);
}

TEST_CASE(
    "SideLoop refuses work beyond its bound and takes it again when there is room", "[runtime]"
) {
    SideLoop loop;
    std::size_t ran = 0;
    std::size_t taken = 0;
    for (std::size_t i = 0; i < SideLoop::queued_max + 5; ++i)
        taken += loop.post([&ran] { ++ran; }) ? 1U : 0U;

    loop.start();
    loop.stop([]() -> Task<void> { co_return; });

    CHECK(taken == SideLoop::queued_max);
    CHECK(ran == SideLoop::queued_max);
    CHECK(loop.post([] {}));
}
