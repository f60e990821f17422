#include "connectors/tape/feed.hpp"
#include "connectors/tape/repair.hpp"
#include "connectors/tape/session/session_recorder.hpp"
#include "engine/runtime/sim_clock.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <csignal>
#include <random>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace polyquant;
using namespace polyquant::tape;
using runtime::testing::ScratchFolder;

namespace fs = std::filesystem;

namespace {

constexpr auto start = utc_from_seconds(1'776'081'600);

Event tick(UtcTime at, std::int64_t e8 = 7'000'000'000'000) {
    PriceTick tick;
    tick.at = {at, at, 0};
    tick.price = UsdPrice::from_e8(e8);
    return tick;
}

std::vector<fs::path> tapes_in(fs::path const& folder) {
    std::vector<fs::path> tapes;
    for (auto const& entry : fs::directory_iterator{folder})
        tapes.push_back(entry.path());
    std::sort(tapes.begin(), tapes.end());
    return tapes;
}

std::vector<Event> play(std::vector<fs::path> const& tapes) {
    std::vector<TapeSource> sources;
    for (auto const& path : tapes)
        sources.push_back({path, {}, {}});
    auto feed = TapeFeed::open(sources).value();
    std::vector<Event> events;
    while (auto* event = feed.next())
        events.push_back(*event);
    for (auto const& problem : feed.problems())
        UNSCOPED_INFO(problem);
    CHECK(feed.problems().empty());
    return events;
}

RecorderOptions no_space_rule() {
    RecorderOptions options;
    options.series.free_space_min = 0;
    return options;
}

struct World {
    ScratchFolder scratch{};
    fs::path folder = scratch / "tapes";
    runtime::SimClock clock{start};
    asio::io_context io{};

    std::unique_ptr<SessionRecorder> open(RecorderOptions options = no_space_rule()) {
        return SessionRecorder::open(io, clock, folder, std::move(options)).value();
    }

    Result<void> finish(Task<Result<void>> task) {
        std::optional<Result<void>> result;
        asio::co_spawn(io, std::move(task), [&](std::exception_ptr const&, Result<void> value) {
            result = std::move(value);
        });
        io.restart();
        while (!result)
            if (io.run_one_for(std::chrono::seconds{60}) == 0)
                return Failure{Fault::timeout, "test", "nothing happened for a minute"};
        return *result;
    }

    Result<void> sync(SessionRecorder& recorder) {
        return finish(recorder.sync(clock.now() + Seconds{5}));
    }

    Result<void> close(SessionRecorder& recorder) {
        return finish(recorder.close(clock.now() + Seconds{5}));
    }
};

} // namespace

TEST_CASE("SessionRecorder writes what it is given and closes the tape", "[tape][recorder]") {
    World world;
    auto recorder = world.open();

    for (int i = 0; i < 1000; ++i)
        recorder->write(tick(start + Millis{i}, 7'000'000'000'000 + i));
    REQUIRE(world.close(*recorder));

    auto const tapes = tapes_in(world.folder);
    REQUIRE(tapes.size() == 1);
    CHECK(tapes[0].filename() == "session-000001-20260413T120000Z.tape");
    auto const events = play(tapes);
    REQUIRE(events.size() == 1000);
    CHECK(std::get<PriceTick>(events[999]).price.e8() == 7'000'000'000'999);
    CHECK(recorder->counts().written == 1000);
    CHECK(recorder->counts().lost == 0);
}

TEST_CASE("SessionRecorder begins a new tape every hour and beyond a size", "[tape][recorder]") {
    World world;
    std::minstd_rand random{1};
    auto options = no_space_rule();
    options.series.rotate_bytes = 4000;
    auto recorder = world.open(options);

    recorder->write(tick(start + Seconds{3599}));
    recorder->write(tick(start + Seconds{3600}));
    REQUIRE(world.sync(*recorder));
    auto const by_hour = tapes_in(world.folder).size();
    for (int i = 0; i < 2000; ++i)
        recorder->write(tick(
            start + Seconds{3601} + Millis{i}, 1 + static_cast<std::int64_t>(random()) % 10'000'000
        ));
    REQUIRE(world.sync(*recorder));
    recorder->write(tick(start + Seconds{3700}));
    REQUIRE(world.close(*recorder));

    CHECK(by_hour == 2);
    CHECK(tapes_in(world.folder).size() == 3);
    CHECK(play(tapes_in(world.folder)).size() == 2003);
}

TEST_CASE("SessionRecorder writes by itself while it runs", "[tape][recorder]") {
    World world;
    auto recorder = world.open();
    asio::cancellation_signal stop;
    auto ended = false;
    asio::co_spawn(
        world.io,
        recorder->run(),
        asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr const&) { ended = true; })
    );
    world.io.poll();

    recorder->write(tick(start));
    world.clock.advance_to(world.clock.now() + Seconds{1});
    while (recorder->counts().written == 0)
        world.io.run_one_for(std::chrono::seconds{10});
    stop.emit(asio::cancellation_type::terminal);
    while (!ended)
        world.io.run_one_for(std::chrono::seconds{10});

    CHECK(recorder->counts().written == 1);
    CHECK(TapeReader::open(tapes_in(world.folder).at(0))->index().records() == 1);
}

TEST_CASE("SessionRecorder keeps what was queued when its task is cancelled", "[tape][recorder]") {
    World world;
    auto recorder = world.open();
    for (int round = 0; round < 50; ++round) {
        asio::cancellation_signal stop;
        auto ended = false;
        auto op = [&]() -> Task<void> {
            auto const ignored = co_await recorder->sync(world.clock.now() + Seconds{5});
            (void)ignored;
        };
        recorder->write(tick(start + Millis{round}));
        asio::co_spawn(
            world.io,
            op(),
            asio::bind_cancellation_slot(
                stop.slot(), [&](std::exception_ptr const&) { ended = true; }
            )
        );
        world.io.restart();
        world.io.poll_one();
        stop.emit(asio::cancellation_type::terminal);
        while (!ended)
            world.io.run_one_for(std::chrono::seconds{10});
    }

    REQUIRE(world.close(*recorder));

    CHECK(play(tapes_in(world.folder)).size() == 50);
}

TEST_CASE("SessionRecorder raises a receive time that went back", "[tape][recorder]") {
    World world;
    auto recorder = world.open();

    recorder->write(tick(start + Seconds{2}));
    recorder->write(tick(start + Seconds{1}));
    REQUIRE(world.close(*recorder));

    auto const events = play(tapes_in(world.folder));
    REQUIRE(events.size() == 2);
    CHECK(stamp_of(events[1]).received_at == start + Seconds{2});
    CHECK(stamp_of(events[1]).venue_time == start + Seconds{1});
    CHECK(recorder->counts().raised == 1);
}

TEST_CASE("SessionRecorder closes the tapes of a killed run and goes on", "[tape][recorder]") {
    World world;
    auto const pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        // A series alone: threads and forks do not mix.
        SeriesOptions options;
        options.free_space_min = 0;
        auto series = TapeSeries::open(world.folder, options).value();
        (void)series.write({Record{tick(start)}, Record{tick(start)}}, Instant{}, true);
        (void)series.write({Record{tick(start)}}, Instant{}, true);
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    auto const torn = tapes_in(world.folder).at(0);
    REQUIRE(TapeReader::open(torn)->index().damage->kind == DamageKind::not_closed);
    fs::resize_file(torn, fs::file_size(torn) - 5);

    auto recorder = world.open();
    recorder->write(tick(start + Seconds{10}));
    REQUIRE(world.close(*recorder));

    REQUIRE(recorder->repairs().repaired.size() == 1);
    CHECK(recorder->repairs().repaired[0].find(": 2 records kept, ") != std::string::npos);
    auto const tapes = tapes_in(world.folder);
    REQUIRE(tapes.size() == 2);
    CHECK(tapes[1].filename().string().starts_with("session-000002-"));
    CHECK(play(tapes).size() == 3);
}

TEST_CASE("A tape with a lying last block is cut before it", "[tape][repair]") {
    World world;
    fs::create_directories(world.folder);
    auto const path = world.folder / "a.tape";
    {
        auto writer = TapeWriter::create(path, {}).value();
        for (int i = 0; i < 2; ++i) {
            writer.append(Record{tick(start + Seconds{i})}).value();
            writer.flush().value();
        }
    }
    auto const size = fs::file_size(path);
    fs::resize_file(path, size - 4);
    fs::resize_file(path, size); // zeros where the disk never got the bytes

    auto const repair = repair_tape(path);

    REQUIRE(repair);
    REQUIRE(repair->has_value());
    CHECK((*repair)->records == 1);
    CHECK(play({path}).size() == 1);
    CHECK_FALSE(repair_tape(path)->has_value());
}

TEST_CASE(
    "SessionRecorder reports a full disk, tries again and marks the hole", "[tape][recorder]"
) {
    // Beyond a file size limit every write fails, as on a full disk; in a child, for the limit
    // stays.
    World world;
    auto const pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        auto options = no_space_rule();
        std::vector<std::string> changes;
        options.on_change = [&](Failure const* failure) {
            changes.push_back(failure != nullptr ? failure->detail : "fine");
        };
        asio::io_context io;
        runtime::SimClock clock{start};
        auto recorder = SessionRecorder::open(io, clock, world.folder, options).value();
        auto const step = [&](Event const& event) {
            recorder->write(event);
            auto done = false;
            asio::co_spawn(
                io,
                recorder->sync(clock.now() + Seconds{1}),
                [&](std::exception_ptr const&, Result<void> const&) { done = true; }
            );
            io.restart();
            while (!done)
                io.run_one();
        };
        step(tick(start));
        rlimit full{300, RLIM_INFINITY};
        ::setrlimit(RLIMIT_FSIZE, &full);
        step(tick(start + Seconds{1}));
        step(tick(start + Seconds{2}));
        full.rlim_cur = RLIM_INFINITY;
        ::setrlimit(RLIMIT_FSIZE, &full);
        clock.advance_to(clock.now() + Seconds{10});
        step(tick(start + Seconds{11}));
        auto const good = changes.size() == 2 &&
                          changes[0].find("File too large") != std::string::npos &&
                          changes[1] == "fine" && recorder->counts().lost == 2;
        std::_Exit(good ? 0 : 1);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);

    auto const repaired = world.open();

    CHECK(repaired->repairs().refused.empty());
    auto const events = play(tapes_in(world.folder));
    REQUIRE(events.size() == 4);
    auto const& mark = std::get<FeedState>(events[1]);
    CHECK_FALSE(mark.healthy);
    CHECK(mark.feed == "tape");
    CHECK(mark.reason.starts_with("2 events were not recorded: "));
    CHECK(std::get<FeedState>(events[2]).healthy);
}

TEST_CASE("SessionRecorder loses nothing silently when its queue is full", "[tape][recorder]") {
    World world;
    auto options = no_space_rule();
    options.queue_max = 4;
    auto recorder = world.open(options);

    for (int i = 0; i < 6; ++i)
        recorder->write(tick(start + Millis{i}));
    auto const first = world.sync(*recorder);
    recorder->write(tick(start + Seconds{1}));
    REQUIRE(world.close(*recorder));

    CHECK_FALSE(first);
    CHECK(first.error().detail.find("queue was full") != std::string::npos);
    CHECK(recorder->counts().lost == 2);
    auto const events = play(tapes_in(world.folder));
    REQUIRE(events.size() == 7);
    CHECK(std::get<FeedState>(events[4]).reason.starts_with("2 events were not recorded"));
}

TEST_CASE("SessionRecorder leaves the ledger its space on the disk", "[tape][recorder]") {
    World world;
    RecorderOptions options;
    options.series.free_space_min = std::uint64_t{1} << 60U;
    auto recorder = world.open(options);

    recorder->write(tick(start));
    auto const done = world.sync(*recorder);

    CHECK(done.error().fault == Fault::storage);
    CHECK(done.error().detail.find("kept for the ledger") != std::string::npos);
    CHECK(recorder->trouble().has_value());
}

TEST_CASE("A directory is recorded into by one process", "[tape][recorder]") {
    World world;
    auto const first = world.open();

    auto const second = SessionRecorder::open(world.io, world.clock, world.folder, {});

    REQUIRE_FALSE(second);
    CHECK(second.error().detail == "is being recorded into by another process");
}
