#include "engine/core/time.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;

TEST_CASE("parse_utc refuses years that nanoseconds cannot count", "[core][time]") {
    CHECK_FALSE(parse_utc("0001-01-01T00:00:00Z"));
    CHECK_FALSE(parse_utc("9999-12-31T23:59:59Z"));
    CHECK_FALSE(parse_utc("2262-01-01"));
    CHECK(parse_utc("2261-12-31T23:59:59Z"));
    CHECK(parse_utc("1900-01-01"));
}
