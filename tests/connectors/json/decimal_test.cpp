#include "connectors/json/decimal.hpp"
#include "tests/support/catch.hpp"

#include <random>

using namespace polyquant;
using namespace polyquant::json;

namespace {

std::optional<std::int64_t> micros(std::string_view text) {
    std::int64_t value = 0;
    if (!parse_micros(text, value)) return std::nullopt;
    return value;
}

} // namespace

TEST_CASE("Fast decimals read the venue's spellings", "[json][decimal]") {
    CHECK(micros("0.52") == 520'000);
    CHECK(micros(".48") == 480'000);
    CHECK(micros("12") == 12'000'000);
    CHECK(micros("7.") == 7'000'000);
    CHECK(micros("25.0000000000") == 25'000'000);
    CHECK(micros("0") == 0);
    CHECK(micros("121821.85") == 121'821'850'000);
}

TEST_CASE("Fast decimals refuse what they cannot hold exactly", "[json][decimal]") {
    for (auto const* text :
         {"",
          ".",
          "-1",
          "+1",
          "1e3",
          " 1",
          "1 ",
          "0.1234567",
          "1234567890123",
          "1.2.3",
          "0x1",
          "nan"})
        CHECK_FALSE(micros(text));
}

TEST_CASE("Fast decimals cut off digits only where told to", "[json][decimal]") {
    std::int64_t value = 0;

    CHECK(parse_decimal("78803.715261094101516288", 8, true, value));
    CHECK(value == 7'880'371'526'109);
    CHECK_FALSE(parse_decimal("78803.715261094101516288", 8, false, value));
    CHECK_FALSE(parse_decimal("78803.71526109410x", 8, true, value));
}

TEST_CASE("Fast token ids equal the slow ones for random and extreme values", "[json][decimal]") {
    std::mt19937_64 random{7};
    TokenId id;
    for (int i = 0; i < 500; ++i) {
        for (std::size_t at = 0; at < 32; ++at)
            id.bytes[at] = at < static_cast<std::size_t>(i % 32)
                               ? std::uint8_t{0}
                               : static_cast<std::uint8_t>(random());
        TokenId parsed;

        REQUIRE(parse_token(to_string(id), parsed));
        REQUIRE(parsed == id);
    }
    id.bytes.fill(0xff);
    TokenId parsed;
    REQUIRE(parse_token(to_string(id), parsed));
    CHECK(parsed == id);
    CHECK_FALSE(parse_token(
        "115792089237316195423570985008687907853269984665640564039457584007913129639936", parsed
    ));
    CHECK_FALSE(parse_token("", parsed));
    CHECK_FALSE(parse_token("12a", parsed));
}

TEST_CASE("A JSON number counts as the decimal it was written as", "[json][decimal]") {
    CHECK(nearest_decimal(0.01, 6) == 10'000);
    CHECK(nearest_decimal(0.0025, 6) == 2'500);
    CHECK(nearest_decimal(84418.2, 8) == 8'441'820'000'000);
    CHECK(nearest_decimal(150.5, 6) == 150'500'000);
    CHECK_FALSE(nearest_decimal(0.0000005, 6));
    CHECK_FALSE(nearest_decimal(1e300, 6));
}
