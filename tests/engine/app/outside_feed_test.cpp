#include "engine/app/outside_feed.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <cmath>
#include <fstream>

namespace {

using namespace polyquant;
using namespace polyquant::app;
using namespace std::chrono_literals;
using models::window::ExternalFeatures;

auto const start = parse_utc("2026-04-01T00:00:00Z").value();

struct World {
    runtime::testing::ScratchFolder folder;
    std::filesystem::path source = folder / "tps.csv";
    std::filesystem::path copy = folder / "external.csv";

    World() { append(source, "published_at,tps\n2026-04-01T00:00:00Z,100\n"); }

    static void append(std::filesystem::path const& file, std::string const& lines) {
        std::ofstream{file, std::ios::app} << lines;
    }

    OutsideValues read() const {
        return std::make_shared<ExternalFeatures const>(ExternalFeatures::read(source).value());
    }

    OutsideFeed feed() const {
        append(copy, read()->print());
        return {source, copy, read(), 60s};
    }
};

// What a live run does every five seconds.
Result<OutsideValues> poll(OutsideFeed& feed, UtcTime now) {
    auto const read = feed.read();
    if (!read) return read.error();
    return feed.take(*read, now);
}

} // namespace

TEST_CASE("OutsideFeed takes what a growing file says and keeps it", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    CHECK(poll(feed, start + 5s).value() == nullptr);
    World::append(world.source, "2026-04-01T00:00:08Z,110\n");

    auto const newer = poll(feed, start + 10s).value();

    REQUIRE(newer);
    CHECK(newer->value_at(0, start + 9s, 60s) == 100);
    CHECK(newer->value_at(0, start + 10s, 60s) == 110);
    CHECK(poll(feed, start + 15s).value() == nullptr);
    auto const kept = ExternalFeatures::read(world.copy).value();
    CHECK(kept.digest() == newer->digest());
}

TEST_CASE("OutsideFeed lets a value count from when the run has it", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    World::append(world.source, "2026-04-01T00:00:08Z,110\n");
    auto const read = feed.read().value();

    auto const newer = feed.take(read, start + 12s + 300us).value();

    REQUIRE(newer);
    CHECK(newer->value_at(0, start + 12s, 60s) == 100);
    CHECK(newer->value_at(0, start + 12s + 1ms, 60s) == 110);
}

TEST_CASE("OutsideFeed takes a value of the future when its time has come", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    World::append(world.source, "2026-04-01T00:00:20Z,120\n");

    CHECK(poll(feed, start + 10s).value() == nullptr);
    auto const newer = poll(feed, start + 21s).value();

    REQUIRE(newer);
    CHECK(newer->value_at(0, start + 21s, 60s) == 120);
}

TEST_CASE("OutsideFeed waits for the end of a line that is being written", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    World::append(world.source, "2026-04-01T00:00:08Z,11");
    CHECK(poll(feed, start + 10s).value() == nullptr);

    World::append(world.source, "0\n");

    auto const newer = poll(feed, start + 15s).value();
    REQUIRE(newer);
    CHECK(newer->value_at(0, start + 15s, 60s) == 110);
}

TEST_CASE("OutsideFeed refuses a broken file until it is mended", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    auto const [bad, why] = GENERATE(table<std::string, std::string>({
        {"2026-04-01T00:00:08Z,wet\n", "wet"},
        {"2026-04-01T00:00:08Z,nan\n", "nan"},
        {"2026-03-31T23:59:59Z,110\n", "sort the file"},
        {"2026-04-01T00:00:00Z,110\n", "sort the file"}, // twice the same time
        {"2026-04-01T00:00:08Z\n", "1 cells"},
    }));
    World::append(world.source, bad);

    auto const broken = poll(feed, start + 10s);
    auto const still = poll(feed, start + 15s);
    REQUIRE_FALSE(broken);
    CHECK(broken.error().detail.find(why) != std::string::npos);
    CHECK_FALSE(still);
    CHECK(feed.known()->value_at(0, start + 15s, 60s) == 100);
    std::ofstream{world.source} << "published_at,tps\n2026-04-01T00:00:09Z,111\n";
    auto const newer = poll(feed, start + 20s).value();

    REQUIRE(newer);
    CHECK(newer->value_at(0, start + 20s, 60s) == 111);
}

TEST_CASE("OutsideFeed says so while the file is gone", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    CHECK(poll(feed, start + 5s).has_value());
    std::filesystem::remove(world.source);

    auto const gone = poll(feed, start + 10s);
    std::ofstream{world.source} << "published_at,tps\n2026-04-01T00:00:12Z,112\n";
    auto const back = poll(feed, start + 15s);

    REQUIRE_FALSE(gone);
    CHECK(gone.error().where == world.source.string());
    REQUIRE(back.value());
    CHECK((*back)->value_at(0, start + 15s, 60s) == 112);
}

TEST_CASE("OutsideFeed takes nothing twice from a file written anew", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    World::append(world.source, "2026-04-01T00:00:08Z,110\n");
    REQUIRE(poll(feed, start + 10s).value());

    // The newest value as before, with others and another column beside it.
    std::ofstream{world.source} << "published_at,other,tps\n2026-04-01T00:00:05Z,1,105\n"
                                   "2026-04-01T00:00:08Z,2,999\n";

    CHECK(poll(feed, start + 15s).value() == nullptr);
    CHECK(feed.known()->value_at(0, start + 15s, 60s) == 110);
}

TEST_CASE("OutsideFeed lets values go stale when their column is gone", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    std::ofstream{world.source} << "published_at,other\n2026-04-01T00:00:30Z,1\n";

    CHECK(poll(feed, start + 40s).value() == nullptr);
    CHECK(feed.known()->value_at(0, start + 60s, 60s) == 100);
    CHECK(std::isnan(feed.known()->value_at(0, start + 61s, 60s)));
}

TEST_CASE("OutsideFeed leaves out what was stale when it came", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    World::append(world.source, "2026-04-01T00:00:08Z,110\n");

    CHECK(poll(feed, start + 120s).value() == nullptr);
    CHECK(feed.known()->value_at(0, start + 120s, 600s) == 100);
}

TEST_CASE("OutsideFeed keeps its copy sorted when the clock is set back", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    World::append(world.source, "2026-04-01T00:00:08Z,110\n");
    REQUIRE(poll(feed, start + 20s).value());
    World::append(world.source, "2026-04-01T00:00:14Z,114\n");

    CHECK(poll(feed, start + 15s).value() == nullptr);
    auto const newer = poll(feed, start + 25s).value();

    REQUIRE(newer);
    CHECK(newer->value_at(0, start + 25s, 60s) == 114);
    CHECK(ExternalFeatures::read(world.copy).has_value());
}

TEST_CASE("OutsideFeed remembers no more than may still be asked for", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    for (int i = 1; i <= 2'000; ++i) {
        auto const now = start + i * 5s;
        World::append(world.source, fmt::format("{},{}\n", format_utc(now), i));
        REQUIRE(poll(feed, now).value());
    }

    CHECK(feed.known()->values() <= (60 + 300) / 5 + 1);
    CHECK(ExternalFeatures::read(world.copy)->values() == 2'001);
}
