#include "engine/runtime/deadline.hpp"
#include "engine/runtime/replay_loop.hpp"
#include "tests/engine/runtime/run_tasks.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/post.hpp>

#include <limits>
#include <random>
#include <sstream>

using namespace polyquant;
using namespace polyquant::runtime;
using namespace polyquant::runtime::testing;

namespace {

auto const start = utc_from_seconds(1'776'081'600);

class ListFeed final : public TimedFeed {
public:
    explicit ListFeed(std::vector<Nanos> offsets) : offsets_{std::move(offsets)} {}

    std::optional<UtcTime> next_at() override {
        if (next_ == offsets_.size()) return std::nullopt;
        return start + offsets_[next_];
    }

    void publish_one(Bus& bus) override {
        PriceTick tick;
        tick.at.received_at = *next_at();
        tick.at.seq = ++next_;
        bus.publish(std::move(tick));
    }

private:
    std::vector<Nanos> offsets_;
    std::size_t next_ = 0;
};

ListFeed every(Nanos step, std::size_t n) {
    std::vector<Nanos> offsets;
    for (std::size_t i = 1; i <= n; ++i)
        offsets.push_back(step * static_cast<std::int64_t>(i));
    return ListFeed{std::move(offsets)};
}

struct ReplayWorld {
    std::vector<std::string> log;
    SimClock clock{start};
    asio::io_context io;
    Bus bus;
    ReplayLoop loop{io, clock, bus};

    void spawn(Task<void> task) {
        asio::co_spawn(io, std::move(task), [](std::exception_ptr e) {
            if (e) std::rethrow_exception(e);
        });
    }

    void note(std::string text) {
        log.push_back(std::to_string((clock.utc_now() - start) / 1ms) + " " + std::move(text));
    }

    Task<void> note_at(Nanos offset, std::string text) {
        co_await clock.sleep_until(clock.instant_of(start + offset));
        note(std::move(text));
    }

    void note_ticks() {
        bus.on<PriceTick>("notes", [this](PriceTick const& t) {
            note("tick " + std::to_string(t.at.seq));
        });
    }
};

using Log = std::vector<std::string>;

} // namespace

TEST_CASE("ReplayLoop publishes before the sleepers of the same instant run", "[runtime][replay]") {
    ReplayWorld world;
    ListFeed feed{{1s, 2s, 2s, 4s}};
    world.note_ticks();
    world.spawn(world.note_at(2s, "sleeper a"));
    world.spawn(world.note_at(2s, "sleeper b"));
    world.spawn(world.note_at(3s, "sleeper c"));
    world.spawn(world.note_at(9s, "after the feed"));

    CHECK(world.loop.run(feed) == ReplayEnd::finished);

    CHECK(
        world.log == Log{"1000 tick 1",
                         "2000 tick 2",
                         "2000 tick 3",
                         "2000 sleeper a",
                         "2000 sleeper b",
                         "3000 sleeper c",
                         "4000 tick 4"}
    );
    CHECK(world.loop.counts().events == 4);
}

TEST_CASE("ReplayLoop lets the readers of one event run before the next", "[runtime][replay]") {
    ReplayWorld world;
    ListFeed feed{{1s, 1s}};
    CountMailbox<Event> box{world.io.get_executor(), "ticks", 8};
    world.note_ticks();
    world.bus.subscribe(EventKinds::all(), box);
    auto reader = [&]() -> Task<void> {
        for (;;) {
            auto const event = co_await box.next();
            if (!event) co_return;
            world.note("read " + std::to_string(stamp_of(*event).seq));
        }
    };
    world.spawn(reader());

    world.loop.run(feed);

    CHECK(world.log == Log{"1000 tick 1", "1000 read 1", "1000 tick 2", "1000 read 2"});
}

TEST_CASE("ReplayLoop drains timers up to an instant", "[runtime][replay]") {
    ReplayWorld world;
    ListFeed feed{{1s}};
    world.spawn(world.note_at(2s, "due"));
    world.spawn(world.note_at(10s, "beyond"));
    world.loop.run(feed);

    SECTION("to the end") {
        CHECK(world.loop.drain(start + 5s) == ReplayEnd::finished);

        CHECK(world.clock.utc_now() == start + 5s);
        CHECK(world.log == Log{"2000 due"});
    }
    SECTION("until something is done") {
        world.loop.drain(start + 5s, [&] { return !world.log.empty(); });

        CHECK(world.clock.utc_now() == start + 2s);
    }
}

TEST_CASE("ReplayLoop waits for the side pool before time moves", "[runtime][replay][side_pool]") {
    ReplayWorld world;
    SidePool pool{world.io, 2, Delivery::held};
    world.loop.include(pool);
    auto feed = every(1s, 3);
    world.note_ticks();
    auto train = [&](std::uint64_t seq) -> Task<void> {
        std::function<Result<std::uint64_t>()> work = [seq]() -> Result<std::uint64_t> {
            std::uint64_t sum = 0;
            for (std::uint64_t i = 0; i < 200'000; ++i)
                sum += i % (seq + 1);
            return sum;
        };
        auto const first = co_await pool.submit<std::uint64_t>("train", work);
        auto const second = co_await pool.submit<std::uint64_t>("train again", work);
        world.note(first.value() == second.value() ? "trained" : "differs");
    };
    world.bus.on<PriceTick>("trainer", [&](PriceTick const& t) {
        world.spawn(train(t.at.seq));
        Wakeups::of(world.io).add();
    });

    world.loop.run(feed);

    CHECK(
        world.log == Log{"1000 tick 1",
                         "1000 trained",
                         "2000 tick 2",
                         "2000 trained",
                         "3000 tick 3",
                         "3000 trained"}
    );
}

TEST_CASE(
    "ReplayLoop publishes late events at the clock's time and counts them", "[runtime][replay]"
) {
    ReplayWorld world;
    ListFeed feed{{2s, 1s, 3s}};
    world.note_ticks();

    world.loop.run(feed);

    CHECK(world.log == Log{"2000 tick 1", "2000 tick 2", "3000 tick 3"});
    CHECK(world.loop.counts().late_events == 1);
}

TEST_CASE("ReplayLoop stops where it is asked to and can go on", "[runtime][replay]") {
    ReplayWorld world;
    auto feed = every(1s, 5);
    world.note_ticks();
    world.bus.on<PriceTick>("stopper", [&](PriceTick const& t) {
        if (t.at.seq == 2) world.loop.request_stop();
    });

    CHECK(world.loop.run(feed) == ReplayEnd::stopped);
    CHECK(world.log == Log{"1000 tick 1", "2000 tick 2"});

    CHECK(world.loop.drain(start + 4s) == ReplayEnd::finished);
    CHECK(world.clock.utc_now() == start + 4s);
}

TEST_CASE("ReplayLoop at full speed notices a handler of the loop soon", "[runtime][replay]") {
    ReplayWorld world;
    auto feed = every(1ms, 100'000);
    world.bus.on<PriceTick>("signal", [&](PriceTick const& t) {
        if (t.at.seq == 1000) asio::post(world.io, [&] { world.loop.request_stop(); });
    });

    CHECK(world.loop.run(feed) == ReplayEnd::stopped);

    CHECK(world.loop.counts().events <= 1256);
}

TEST_CASE("ReplayLoop paces simulated time against real time", "[runtime][replay]") {
    SimClock clock{start};
    asio::io_context io;
    Bus bus;
    Instant real{};
    std::vector<std::int64_t> waits_ms;
    ReplayLoop loop{
        io,
        clock,
        bus,
        {.now = [&] { return real; },
         .wait =
             [&](Instant until) {
                 waits_ms.push_back((until - real) / 1ms);
                 real = until;
                 return false;
             }}
    };
    auto feed = every(6s, 4);

    SECTION("sixty times as fast") {
        loop.set_speed(60);
        loop.run(feed);

        CHECK(waits_ms == std::vector<std::int64_t>{100, 100, 100, 100});
    }
    SECTION("catching up after a delay") {
        loop.set_speed(60);
        bus.on<PriceTick>("slow", [&](PriceTick const& t) {
            if (t.at.seq == 1) real += 150ms;
        });
        loop.run(feed);

        CHECK(waits_ms == std::vector<std::int64_t>{100, 50, 100});
    }
    SECTION("changed on the way") {
        loop.set_speed(1);
        bus.on<PriceTick>("faster", [&](PriceTick const& t) {
            if (t.at.seq == 2) loop.set_speed(6);
            if (t.at.seq == 3) loop.set_speed(std::numeric_limits<double>::infinity());
        });
        loop.run(feed);

        CHECK(waits_ms == std::vector<std::int64_t>{6000, 6000, 1000});
    }
    SECTION("not at all") {
        loop.run(feed);

        CHECK(waits_ms.empty());
    }
}

TEST_CASE(
    "A handler that runs while ReplayLoop waits is answered before time moves", "[runtime][replay]"
) {
    std::vector<std::string> log;
    SimClock clock{start};
    asio::io_context io;
    Bus bus;
    Instant real{};
    auto interrupted = false;
    ReplayLoop loop{
        io,
        clock,
        bus,
        {.now = [&] { return real; },
         .wait =
             [&](Instant until) {
                 if (interrupted) {
                     real = until;
                     return false;
                 }
                 interrupted = true;
                 auto reload = [&]() -> Task<void> {
                     co_await clock.sleep_for(500ms);
                     log.push_back("reloaded at " + format_utc(clock.utc_now()));
                 };
                 asio::co_spawn(io, reload, [](std::exception_ptr) {});
                 return true;
             }}
    };
    loop.set_speed(1);
    bus.on<PriceTick>("tick", [&](PriceTick const&) { log.push_back("tick"); });
    auto feed = every(1s, 1);

    loop.run(feed);

    CHECK(log == Log{"reloaded at 2026-04-13T12:00:00.500Z", "tick"});
}

namespace {

// A feed, an actor on a mailbox, orders with random latencies and deadlines, and a side pool.
std::string whole_run(unsigned seed) {
    ReplayWorld world;
    SidePool pool{world.io, 2, Delivery::held};
    world.loop.include(pool);
    std::mt19937 random{seed};
    CountMailbox<Event> box{world.io.get_executor(), "ticks", 64};
    world.bus.subscribe(EventKinds::of<PriceTick>(), box);
    auto post = [&](Nanos latency, std::uint64_t seq) -> Task<Result<std::uint64_t>> {
        co_await world.clock.sleep_for(latency);
        co_return seq;
    };
    auto order = [&](std::uint64_t seq) -> Task<void> {
        auto const latency = Millis{static_cast<int>(random() % 400)};
        auto const deadline = world.clock.now() + 250ms;
        auto const ack =
            co_await within<std::uint64_t>(world.clock, deadline, "post", post(latency, seq));
        world.note(ack ? "ack " + std::to_string(*ack) : describe(ack.error()));
    };
    auto train = [&](std::uint64_t seq) -> Task<void> {
        std::function<Result<std::uint64_t>()> work = [seq]() -> Result<std::uint64_t> {
            return seq;
        };
        auto const done = co_await pool.submit<std::uint64_t>("train", std::move(work));
        world.note("trained " + std::to_string(done.value()));
    };
    auto actor = [&]() -> Task<void> {
        for (;;) {
            auto const event = co_await box.next();
            if (!event) co_return;
            auto const seq = stamp_of(*event).seq;
            if (seq % 10 == 0) world.spawn(order(seq));
            if (seq % 7 == 0) world.spawn(train(seq));
        }
    };
    world.spawn(actor());
    auto feed = every(37ms, 3000);
    world.loop.run(feed);
    world.loop.drain(start + 120s);
    std::ostringstream text;
    for (auto const& line : world.log)
        text << line << '\n';
    return text.str();
}

} // namespace

TEST_CASE("A whole replay gives the same log twice for one seed", "[runtime][replay]") {
    auto const first = whole_run(1);

    CHECK(std::ranges::count(first, '\n') == 300 + 428);
    CHECK(whole_run(1) == first);
    CHECK(whole_run(2) != first);
}
