#include "engine/runtime/deadline.hpp"
#include "engine/runtime/mailbox.hpp"
#include "tests/engine/runtime/run_tasks.hpp"
#include "tests/support/catch.hpp"

#include <random>
#include <sstream>

using namespace polyquant;
using namespace polyquant::runtime;
using namespace polyquant::runtime::testing;

namespace {

Task<Result<int>> answer_after(Clock& clock, Nanos delay, int value) {
    co_await clock.sleep_for(delay);
    co_return value;
}

Task<Result<int>> throw_after(Clock& clock, Nanos delay) {
    co_await clock.sleep_for(delay);
    throw std::runtime_error{"the socket burst"};
}

// Like a name lookup: hears the cancellation only when it is done.
Task<Result<int>> deaf(Clock& clock, Nanos delay) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await clock.sleep_for(delay);
    co_return 1;
}

template <class T>
Task<void> keep(Task<Result<T>> op, std::optional<Result<T>>& out, Clock& clock, Instant& ended) {
    out.emplace(co_await std::move(op));
    ended = clock.now();
}

struct Kept {
    SimWorld world;
    std::optional<Result<int>> result;
    Instant ended{};
    Instant start = world.clock.now();

    void run(Task<Result<int>> op) {
        world.spawn(keep(std::move(op), result, world.clock, ended));
        world.run();
        REQUIRE(result);
    }
};

} // namespace

TEST_CASE("within hands out an answer that comes in time", "[runtime][deadline]") {
    Kept k;

    k.run(within<int>(k.world.clock, k.start + 1s, "op", answer_after(k.world.clock, 200ms, 7)));

    CHECK(k.result->value() == 7);
    CHECK(k.ended == k.start + 200ms);
    CHECK_FALSE(k.world.clock.next_due());
}

TEST_CASE("within reports a timeout at the deadline, not later", "[runtime][deadline]") {
    Kept k;

    k.run(within<int>(k.world.clock, k.start + 1s, "op", answer_after(k.world.clock, 5s, 7)));

    CHECK(k.result->error().fault == Fault::timeout);
    CHECK(k.result->error().where == "op");
    CHECK(k.ended == k.start + 1s);
    CHECK_FALSE(k.world.clock.next_due());
}

TEST_CASE("within turns an exception into a failure at once", "[runtime][deadline]") {
    Kept k;

    k.run(within<int>(k.world.clock, k.start + 1s, "op", throw_after(k.world.clock, 10ms)));

    CHECK(k.result->error().fault == Fault::transport);
    CHECK(k.result->error().detail == "the socket burst");
    CHECK(k.ended == k.start + 10ms);
}

TEST_CASE("within does not start an operation whose deadline has passed", "[runtime][deadline]") {
    Kept k;
    auto started = false;
    auto op = [&]() -> Task<Result<int>> {
        started = true;
        co_return 1;
    };

    k.run(within<int>(k.world.clock, k.start, "op", op()));

    CHECK(k.result->error().fault == Fault::timeout);
    CHECK_FALSE(started);
}

TEST_CASE("within prefers an answer that comes with the deadline", "[runtime][deadline]") {
    Kept k;

    k.run(within<int>(k.world.clock, k.start + 1s, "op", answer_after(k.world.clock, 1s, 7)));

    CHECK(k.result->value() == 7);
}

TEST_CASE("within reports cancellation from outside as cancelled", "[runtime][deadline]") {
    SimWorld world;
    std::optional<Result<int>> result;
    Instant ended{};
    asio::cancellation_signal cancel;
    asio::co_spawn(
        world.io,
        keep(
            within<int>(
                world.clock, world.clock.now() + 1s, "op", answer_after(world.clock, 5s, 7)
            ),
            result,
            world.clock,
            ended
        ),
        asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr) {})
    );
    world.run_for(100ms);

    cancel.emit(asio::cancellation_type::terminal);
    world.poll();

    REQUIRE(result);
    CHECK(result->error().fault == Fault::cancelled);
    CHECK_FALSE(world.clock.next_due());
}

TEST_CASE("The inner of two nested deadlines rings first and only once", "[runtime][deadline]") {
    Kept k;
    auto& clock = k.world.clock;
    auto inner = within<int>(clock, k.start + 300ms, "inner", answer_after(clock, 5s, 7));

    k.run(within<int>(clock, k.start + 1s, "outer", std::move(inner)));

    CHECK(k.result->error().where == "inner");
    CHECK(k.ended == k.start + 300ms);
}

TEST_CASE(
    "A deaf operation keeps the deadline when its answer comes by mailbox", "[runtime][deadline]"
) {
    Kept k;
    auto& clock = k.world.clock;
    CountMailbox<int> answers{k.world.io.get_executor(), "dns", 4};
    auto look_up = [&]() -> Task<void> {
        auto const answer = co_await deaf(clock, 30s);
        answers.post(answer.value());
    };

    k.world.spawn(look_up());
    k.run(within<int>(clock, k.start + 500ms, "dns", answers.next()));

    CHECK(k.result->error().fault == Fault::timeout);
    CHECK(k.ended == k.start + 500ms);
    CHECK(answers.depth() == 1);
}

TEST_CASE("No message is lost through 200 waits that time out", "[runtime][deadline][mailbox]") {
    SimWorld world;
    auto& clock = world.clock;
    FatalMailbox<int> box{world.io.get_executor(), "ticks", 8, {[](Failure const&) {
                              FAIL();
                          }}};
    std::vector<int> seen;
    auto timeouts = 0;
    auto reader = [&]() -> Task<void> {
        while (seen.size() < 200) {
            auto msg = co_await within<int>(clock, clock.now() + 3ms, "tick", box.next());
            if (msg)
                seen.push_back(*msg);
            else
                ++timeouts;
        }
    };
    // Posts fall before, on and after the readers' deadlines.
    auto writer = [&]() -> Task<void> {
        for (auto i = 0; i < 200; ++i) {
            co_await clock.sleep_for(Millis{1 + i % 7});
            box.post(i);
        }
    };

    world.spawn(reader());
    world.spawn(writer());
    world.run();

    std::vector<int> expected(200);
    for (auto i = 0; i < 200; ++i)
        expected[static_cast<std::size_t>(i)] = i;
    CHECK(seen == expected);
    CHECK(timeouts >= 100);
    CHECK(box.drops() == 0);
}

namespace {

// 3000 ticks 37 ms apart; every tenth sends an order with a random latency and a 250 ms deadline.
std::string latency_run(unsigned seed) {
    SimWorld world;
    auto& clock = world.clock;
    std::mt19937 random{seed};
    std::ostringstream log;
    CountMailbox<int> ticks{world.io.get_executor(), "ticks", 16};
    auto order = [&](int id) -> Task<void> {
        auto const latency = Millis{static_cast<int>(random() % 400)};
        auto const ack = co_await within<int>(
            clock, clock.now() + 250ms, "post", answer_after(clock, latency, id)
        );
        log << id << ' ' << clock.now().time_since_epoch().count() << ' '
            << (ack ? "ack" : to_string(ack.error().fault)) << '\n';
    };
    auto feed = [&]() -> Task<void> {
        for (auto i = 0; i < 3000; ++i) {
            co_await clock.sleep_for(37ms);
            ticks.post(i);
        }
    };
    auto actor = [&]() -> Task<void> {
        for (auto n = 0; n < 3000; ++n) {
            auto const tick = co_await ticks.next();
            if (tick.value() % 10 == 0) world.spawn(order(tick.value()));
        }
    };
    world.spawn(feed());
    world.spawn(actor());
    world.run();
    return log.str();
}

} // namespace

TEST_CASE(
    "3000 ticks with random latencies run the same twice for one seed", "[runtime][deadline]"
) {
    auto const first = latency_run(1);

    CHECK(std::ranges::count(first, '\n') == 300);
    CHECK(first.find("timeout") != std::string::npos);
    CHECK(first.find("ack") != std::string::npos);
    CHECK(latency_run(1) == first);
    CHECK(latency_run(2) != first);
}
