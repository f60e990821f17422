#include "engine/core/units.hpp"

#include "tests/support/catch.hpp"

using namespace polyquant;

TEST_CASE("parse_fixed refuses more decimals than the type holds", "[core][units]") {
    CHECK(parse_price("0.52").value() == cents(52));
    CHECK(parse_price(".48").value() == cents(48));
    CHECK(parse_price("0.5200000").value() == cents(52));
    CHECK(parse_price("-0.01").value().micros() == -10'000);
    CHECK_FALSE(parse_price("0.1234567"));
    CHECK_FALSE(parse_price(""));
    CHECK_FALSE(parse_price("."));
    CHECK_FALSE(parse_price("1e3"));
    CHECK_FALSE(parse_price("99999999999999999999"));
    CHECK_FALSE(parse_price("0.5 "));
}
