#include "connectors/tape/round_trip.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::tape;

TEST_CASE("A round trip comes back from its frame to the microsecond", "[tape][round_trip]") {
    auto const at = parse_utc("2026-11-23T12:00:00Z").value();
    RoundTrip const trip{"clob.book GET /books", std::chrono::microseconds{31'417}};

    auto const frame = frame_of(trip, at);
    auto const back = round_trip_in(frame);

    REQUIRE(back.has_value());
    CHECK(back->path == trip.path);
    CHECK(back->took == trip.took);
    CHECK(frame.at.received_at == at);
}

TEST_CASE("A frame that is no round trip gives none", "[tape][round_trip]") {
    auto const frame = [](char const* feed, char const* bytes) {
        return RawFrame{{}, feed, "order post", bytes};
    };

    CHECK_FALSE(round_trip_in(frame("clob.market", "31417")));
    CHECK_FALSE(round_trip_in(frame("round_trip", "31417 us")));
    CHECK_FALSE(round_trip_in(frame("round_trip", "-1")));
    CHECK_FALSE(round_trip_in(frame("round_trip", "")));
    CHECK(round_trip_in(frame("round_trip", "0")));
}
