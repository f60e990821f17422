#include "connectors/crypto/address.hpp"
#include "connectors/crypto/bytes.hpp"
#include "connectors/crypto/keccak.hpp"
#include "connectors/crypto/random.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::crypto;

TEST_CASE("Hex survives the round trip and refuses what is not hex", "[crypto][hex]") {
    std::array<std::uint8_t, 3> const bytes{0x00, 0xab, 0xff};

    CHECK(to_hex(bytes) == "00abff");
    CHECK(parse_hex("0x00ABff") == std::vector<std::uint8_t>{0x00, 0xab, 0xff});
    CHECK_FALSE(parse_hex("0x0").has_value());
    CHECK_FALSE(parse_hex("zz").has_value());
    CHECK_FALSE(parse_hash32("0x12"));
}

TEST_CASE("Base64 decodes both alphabets with and without padding", "[crypto][base64]") {
    std::vector<std::uint8_t> out;

    CHECK(decode_base64("-_8=", out));
    CHECK(out == std::vector<std::uint8_t>{0xfb, 0xff});
    CHECK(decode_base64("+/8", out));
    CHECK(out == std::vector<std::uint8_t>{0xfb, 0xff});
    CHECK(decode_base64("", out));
    CHECK(out.empty());
}

TEST_CASE(
    "Base64 refuses impossible lengths, foreign characters and excess padding", "[crypto][base64]"
) {
    std::vector<std::uint8_t> out;

    CHECK_FALSE(decode_base64("A", out));
    CHECK_FALSE(decode_base64("AA=A", out));
    CHECK_FALSE(decode_base64("AA A", out));
    CHECK_FALSE(decode_base64("AA===", out));
    CHECK_FALSE(decode_base64("====", out));
}

TEST_CASE("Base64url encodes what decodes to the same bytes at every length", "[crypto][base64]") {
    std::vector<std::uint8_t> bytes;
    std::vector<std::uint8_t> back;
    for (std::uint8_t n = 0; n < 70; ++n) {
        auto const text = encode_base64url(bytes);

        REQUIRE(text.size() % 4 == 0);
        REQUIRE(decode_base64(text, back));
        REQUIRE(back == bytes);

        bytes.push_back(static_cast<std::uint8_t>(n * 37 + 250));
    }
}

TEST_CASE("Keccak-256 gives the published hashes and not SHA3's", "[crypto][keccak]") {
    CHECK(
        to_hex(keccak256("")) == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    );
    CHECK(
        to_hex(keccak256("abc")) ==
        "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    );
}

TEST_CASE("Addresses carry and check the EIP-55 checksum", "[crypto][address]") {
    auto const text = std::string{"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"};
    auto const address = parse_address(text);

    REQUIRE(address);
    CHECK(to_string(*address) == text);
    CHECK(parse_address("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266").value() == *address);
    CHECK(short_text(*address) == "0xf39F..2266");
}

TEST_CASE("A mistyped address is refused with the reason", "[crypto][address]") {
    auto const wrong_case = parse_address("0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    auto const too_short = parse_address("0xf39f");

    REQUIRE_FALSE(wrong_case);
    CHECK(wrong_case.error().detail.find("checksum") != std::string::npos);
    REQUIRE_FALSE(too_short);
    CHECK(too_short.error().detail.find("40 hex digits") != std::string::npos);
}

TEST_CASE("Random salts stay exact as JSON numbers and do not repeat", "[crypto][random]") {
    auto const a = random_salt();
    auto const b = random_salt();

    CHECK(a < (std::uint64_t{1} << 52));
    CHECK(b < (std::uint64_t{1} << 52));
    CHECK(a != b);
}

TEST_CASE("A random UUID says version 4", "[crypto][random]") {
    auto const uuid = random_uuid();

    REQUIRE(uuid.size() == 36);
    CHECK(uuid[8] == '-');
    CHECK(uuid[14] == '4');
    CHECK(std::string{"89ab"}.find(uuid[19]) != std::string::npos);
    CHECK(uuid != random_uuid());
}
