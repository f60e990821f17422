#include "models/window/external_features.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

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
    CHECK(refusal_of("published_at,x\n1000,nan\n").find("no finite number") != std::string::npos);
    CHECK(refusal_of("published_at,x\n1000,1,2\n").find("3 cells") != std::string::npos);
    auto const unsorted = refusal_of("published_at,x\n2000,1\n1000,2\n");
    CHECK(unsorted.find("x.csv:3") != std::string::npos);
    CHECK(unsorted.find("sort the file") != std::string::npos);
    CHECK(refusal_of("published_at,x\n1000,1\n1000,2\n").find("sort") != std::string::npos);
    CHECK(refusal_of("{\"published_at\":\"x\"}").find("no UTC time") != std::string::npos);
}
