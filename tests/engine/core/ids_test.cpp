#include "engine/core/ids.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;

TEST_CASE("Token ids keep all 256 bits between decimal text and bytes", "[core][ids]") {
    std::string const real =
        "76749653936013921365546287415768593012625655716270825060317350902247751903470";
    std::string const largest =
        "115792089237316195423570985008687907853269984665640564039457584007913129639935";

    CHECK(to_string(parse_token_id(real).value()) == real);
    CHECK(to_string(parse_token_id(largest).value()) == largest);
    CHECK(to_string(parse_token_id("0").value()) == "0");
    CHECK(to_string(parse_token_id("007").value()) == "7");
    CHECK(short_text(parse_token_id(real).value()) == "7674..3470");
}

TEST_CASE("Token ids refuse text that is not a uint256", "[core][ids]") {
    auto const too_large =
        "115792089237316195423570985008687907853269984665640564039457584007913129639936";

    for (auto const* bad : {"", "-1", "12x", "0x12", too_large})
        CHECK_FALSE(parse_token_id(bad));
}

TEST_CASE("Condition ids are the same with and without 0x", "[core][ids]") {
    std::string const hex = "0cd411fc557f0584ec6c8d76cf9398c9f8474289856883ac22bf4bfba1835fbb";

    CHECK(parse_condition_id("0x" + hex).value() == parse_condition_id(hex).value());
    CHECK(to_string(parse_condition_id(hex).value()) == "0x" + hex);
    CHECK_FALSE(parse_condition_id(hex + "0"));
    CHECK_FALSE(parse_condition_id("0x" + hex.substr(1) + "g"));
}
