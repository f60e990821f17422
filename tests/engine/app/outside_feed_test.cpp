#include "engine/app/outside_feed.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

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
        return {source, copy, read()};
    }
};

} // namespace

TEST_CASE("OutsideFeed takes what a growing file says and keeps it", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    CHECK(feed.poll(start + 5s, 60s).value() == nullptr);
    World::append(world.source, "2026-04-01T00:00:08Z,110\n");

    auto const newer = feed.poll(start + 10s, 60s).value();

    REQUIRE(newer);
    CHECK(newer->value_at(0, start + 9s, 60s) == 100);
    CHECK(newer->value_at(0, start + 10s, 60s) == 110);
    CHECK(feed.poll(start + 15s, 60s).value() == nullptr);
    auto const kept = ExternalFeatures::read(world.copy).value();
    CHECK(kept.digest() == newer->digest());
}

TEST_CASE("OutsideFeed takes a value of the future when its time has come", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    World::append(world.source, "2026-04-01T00:00:20Z,120\n");

    CHECK(feed.poll(start + 10s, 60s).value() == nullptr);
    auto const newer = feed.poll(start + 21s, 60s).value();

    REQUIRE(newer);
    CHECK(newer->value_at(0, start + 21s, 60s) == 120);
}

TEST_CASE("OutsideFeed refuses a broken file and goes on when it is mended", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    World::append(world.source, "2026-04-01T00:00:08Z,wet\n");
    auto const broken = feed.poll(start + 10s, 60s);
    REQUIRE_FALSE(broken);
    CHECK(broken.error().detail.find("wet") != std::string::npos);
    CHECK(feed.poll(start + 15s, 60s).value() == nullptr); // said once

    std::ofstream{world.source} << "published_at,tps\n2026-04-01T00:00:09Z,111\n";

    auto const newer = feed.poll(start + 20s, 60s).value();
    REQUIRE(newer);
    CHECK(newer->value_at(0, start + 20s, 60s) == 111);
}

TEST_CASE("OutsideFeed leaves out what was stale when it came", "[app][outside]") {
    World const world;
    auto feed = world.feed();
    World::append(world.source, "2026-04-01T00:00:08Z,110\n");

    CHECK(feed.poll(start + 120s, 60s).value() == nullptr);
    CHECK(feed.known()->value_at(0, start + 120s, 600s) == 100);
}
