#include "models/window/external_features.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <cmath>
#include <fstream>

using namespace polyquant;
using models::window::ExternalFeatures;

namespace {

UtcTime at(int seconds) {
    return utc_from_seconds(1'775'001'600 + seconds); // 2026-04-01
}

std::string refusal_of(std::string_view text) {
    auto const read = ExternalFeatures::parse(text, "x.csv");
    REQUIRE_FALSE(read);
    return describe(read.error());
}

} // namespace

TEST_CASE("An external value counts from its publication until it is stale", "[models][external]") {
    auto const features = ExternalFeatures::parse(
                              "published_at,sol_tps,xrp_close_s\n"
                              "2026-04-01T00:00:10Z,2900,3.9\n"
                              "1775001620000,,4.1\n",
                              "x.csv"
    )
                              .value();

    CHECK(std::isnan(features.value_at(0, at(9), Seconds{60})));
    CHECK(features.value_at(0, at(10), Seconds{60}) == 2900);
    CHECK(features.value_at(0, at(25), Seconds{60}) == 2900); // the empty cell says nothing new
    CHECK(features.value_at(1, at(19), Seconds{60}) == 3.9);
    CHECK(features.value_at(1, at(20), Seconds{60}) == 4.1);
    CHECK(features.value_at(1, at(80), Seconds{60}) == 4.1);
    CHECK(std::isnan(features.value_at(1, at(81), Seconds{60})));
}

TEST_CASE("An external file may be lines of JSON", "[models][external]") {
    auto const features =
        ExternalFeatures::parse(
            "{\"published_at\":\"2026-04-01T00:00:10Z\",\"sol_tps\":2900}\n"
            "{\"published_at\":1775001620000,\"xrp_close_s\":4.1,\"sol_tps\":null}\n",
            "x.jsonl"
        )
            .value();

    CHECK(features.names() == std::vector<std::string>{"sol_tps", "xrp_close_s"});
    CHECK(features.value_at(0, at(30), Seconds{60}) == 2900);
    CHECK(features.value_at(1, at(30), Seconds{60}) == 4.1);
}

TEST_CASE("An external file is refused with its line", "[models][external]") {
    CHECK(refusal_of("").find("is empty") != std::string::npos);
    CHECK(refusal_of("time,x\n").find("published_at") != std::string::npos);
    CHECK(refusal_of("published_at,x,x\n").find("same name") != std::string::npos);
    CHECK(refusal_of("published_at,x\nsoon,1\n").find("x.csv:2") != std::string::npos);
    auto const nan = refusal_of("published_at,x\n1775001600000,nan\n");
    CHECK(nan.find("no finite number") != std::string::npos);
    CHECK(refusal_of("published_at,x\n1775001600000,1,2\n").find("3 cells") != std::string::npos);
    auto const unsorted = refusal_of("published_at,x\n1775001602000,1\n1775001601000,2\n");
    CHECK(unsorted.find("x.csv:3") != std::string::npos);
    CHECK(unsorted.find("sort the file") != std::string::npos);
    auto const twice = refusal_of("published_at,x\n1775001601000,1\n1775001601000,2\n");
    CHECK(twice.find("sort") != std::string::npos);
    CHECK(refusal_of("{\"published_at\":\"x\"}").find("no UTC time") != std::string::npos);
}

TEST_CASE("An external time in seconds or microseconds is refused", "[models][external]") {
    for (auto const* time : {"1775001600", "1775001600000000"}) {
        CHECK(
            refusal_of(fmt::format("published_at,x\n{},1\n", time)).find("Unix milliseconds") !=
            std::string::npos
        );
        CHECK(
            refusal_of(fmt::format("{{\"published_at\":{},\"x\":1}}\n", time))
                .find("Unix milliseconds") != std::string::npos
        );
    }
}

TEST_CASE("A line that is being written is left out", "[models][external]") {
    runtime::testing::ScratchFolder const folder;
    auto const file = folder / "x.csv";
    std::ofstream{file} << "published_at,x\n2026-04-01T00:00:00Z,2900\n2026-04-01T00:00:01Z,29";

    for (auto const& read :
         {ExternalFeatures::read(file), ExternalFeatures::read_newest(file, 1 << 20)}) {
        REQUIRE(read);
        CHECK(read->values() == 1);
        CHECK(read->value_at(0, at(1), Seconds{60}) == 2900);
    }
}

TEST_CASE("Of a long external file the end is read under its first line", "[models][external]") {
    runtime::testing::ScratchFolder const folder;
    auto const file = folder / "x";
    auto const is_json = GENERATE(false, true);
    std::string text = is_json ? "" : "published_at,x,y\n";
    for (int i = 0; i < 1'000; ++i)
        text += is_json
                    ? fmt::format("{{\"published_at\":\"{}\",\"y\":{}}}\n", format_utc(at(i)), i)
                    : fmt::format("{},,{}\n", format_utc(at(i)), i);
    std::ofstream{file} << text;

    auto const end = ExternalFeatures::read_newest(file, 1'000).value();

    CHECK(end.values() < 40);
    auto const y = end.column("y").value();
    CHECK(end.value_at(y, at(999), Seconds{1}) == 999);
    CHECK(end.value_at(y, at(990), Seconds{1}) == 990);
    CHECK_FALSE(ExternalFeatures::read_newest(folder / "none", 1'000));
}

TEST_CASE("External values are cut to what still says something", "[models][external]") {
    auto const features = ExternalFeatures::parse(
                              fmt::format(
                                  "published_at,x\n{},1\n{},2\n{},3\n",
                                  format_utc(at(0)),
                                  format_utc(at(400)),
                                  format_utc(at(900))
                              ),
                              "x.csv"
    )
                              .value();

    auto const cut = features.fresh_at(at(500), Seconds{60});

    // Of 0 nothing is left 500 seconds later, not even for the change over five minutes; 900 has
    // not been published.
    CHECK(cut.values() == 1);
    CHECK(cut.value_at(0, at(430), Seconds{60}) == 2);
    CHECK(cut.names() == features.names());
}

TEST_CASE("An external value is printed and read back the same", "[models][external]") {
    auto const features = ExternalFeatures::parse(
                              "published_at,a,b\n2026-04-01T00:00:00Z,1.25,\n"
                              "2026-04-01T00:00:07.500Z,,-3e-7\n",
                              "x.csv"
    )
                              .value();

    auto const again = ExternalFeatures::parse(features.print(), "again.csv").value();

    CHECK(again.print() == features.print());
    CHECK(again.digest() == features.digest());
    CHECK(again.names() == features.names());
}

TEST_CASE("An external column gives its level, change and product", "[models][external]") {
    auto const features = ExternalFeatures::parse(
                              "published_at,tps\n2026-04-01T00:00:00Z,100\n"
                              "2026-04-01T00:05:00Z,130\n",
                              "x.csv"
    )
                              .value();
    auto const at = parse_utc("2026-04-01T00:05:30Z").value();

    auto const cells = features.cells_at(0, at, Seconds{600}, 0.5);
    auto const stale = features.cells_at(0, at + Seconds{600}, Seconds{600}, 0.5);

    CHECK(cells == std::array{130.0, 30.0, 65.0});
    CHECK(std::isnan(stale[0]));
    CHECK(ExternalFeatures::cell_names("tps")[1] == "tps change");
}

TEST_CASE("What was published late counts from when it could be known", "[models][external]") {
    auto const start = parse_utc("2026-04-01T00:00:00Z").value();
    auto const file = [](std::string const& lines) {
        return ExternalFeatures::parse("published_at,tps\n2026-04-01T00:00:00Z,100\n" + lines, "x")
            .value();
    };
    auto const known = file("");
    auto seen = known.newest();
    auto const source = file("2026-04-01T00:01:00Z,110\n2026-04-01T00:09:00Z,120\n");

    auto const grown = known.with_newer(source, start + Seconds{90}, Seconds{60}, seen);

    CHECK(grown.value_at(0, start + Seconds{89}, Seconds{600}) == 100);
    CHECK(grown.value_at(0, start + Seconds{90}, Seconds{600}) == 110);
    CHECK(grown.value_at(0, start + Seconds{541}, Seconds{600}) == 110); // published, not yet taken
    auto const same = grown.with_newer(source, start + Seconds{91}, Seconds{60}, seen);
    CHECK(same.digest() == grown.digest());
    // Two minutes late, where a value is fresh for one.
    auto const late = grown.with_newer(source, start + Seconds{660}, Seconds{60}, seen);
    CHECK(late.digest() == grown.digest());
}
