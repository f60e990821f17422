#include "connectors/polymarket/parse/price_history.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;

TEST_CASE("Past prices are read in their order", "[polymarket][parse]") {
    auto const prices =
        parse_price_history(R"({"history":[{"t":1776081600,"p":0.515},{"t":1776081660,"p":1}]})");

    REQUIRE(prices);
    REQUIRE(prices->size() == 2);
    CHECK((*prices)[0].at == utc_from_seconds(1'776'081'600));
    CHECK((*prices)[0].price == Price::from_micros(515'000));
    CHECK((*prices)[1].price == cents(100));
    CHECK(parse_price_history(R"({"history":[]})")->empty());
}

TEST_CASE("Past prices that cannot be are refused", "[polymarket][parse]") {
    auto const* const body = GENERATE(
        R"({"error":"bad market"})",
        R"({"history":[{"t":1776081600,"p":1.2}]})",
        R"({"history":[{"t":1776081600,"p":-0.2}]})",
        R"({"history":[{"p":0.5}]})",
        R"({"history":[{"t":1776081600}]})",
        "<html>"
    );

    CHECK(parse_price_history(body).error().fault == Fault::parse);
}
