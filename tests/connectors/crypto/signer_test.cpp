#include "connectors/crypto/keccak.hpp"
#include "connectors/crypto/signer.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

using namespace polyquant;
using namespace polyquant::crypto;

namespace {

constexpr auto test_key =
    std::string_view{"0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"};
// The order of secp256k1.
constexpr auto curve_order =
    std::string_view{"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"};

Result<Signer> signer_of(std::string_view hex) {
    return Signer::create(SecretBytes{parse_hash32(hex).value()});
}

} // namespace

TEST_CASE("Signer knows its address", "[crypto][signer]") {
    auto const signer = signer_of(test_key);

    CHECK(to_string(signer.value().address()) == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
}

TEST_CASE("Signer refuses keys that are not on the curve", "[crypto][signer]") {
    CHECK_FALSE(signer_of(curve_order));
    CHECK_FALSE(signer_of(std::string(64, '0')));
    CHECK_FALSE(Signer::create(SecretBytes{31}));
    CHECK_FALSE(Signer::create(SecretBytes{}));
}

TEST_CASE("Signatures repeat, recover to the signer and have low s", "[crypto][signer]") {
    auto const signer = signer_of(test_key).value();
    for (int i = 0; i < 64; ++i) {
        auto const digest = keccak256(fmt::format("message {}", i));

        auto const signature = signer.sign(digest);

        REQUIRE(signature == signer.sign(digest));
        REQUIRE((signature[64] == 27 || signature[64] == 28));
        REQUIRE(signature[32] < 0x80);
        REQUIRE(recover_address(digest, signature).value() == signer.address());
        REQUIRE(recover_address(keccak256("other"), signature).value() != signer.address());
    }
}

TEST_CASE("Recovery refuses malformed signatures", "[crypto][signer]") {
    auto const signer = signer_of(test_key).value();
    auto const digest = keccak256("message");
    auto signature = signer.sign(digest);

    CHECK_FALSE(recover_address(digest, Bytes{signature}.first(64)));
    signature[64] = 0;
    CHECK_FALSE(recover_address(digest, signature));
    signature.fill(0xff);
    signature[64] = 27;
    CHECK_FALSE(recover_address(digest, signature));
}

TEST_CASE("Recovery refuses the other signature with high s", "[crypto][signer]") {
    auto const signer = signer_of(test_key).value();
    auto const digest = keccak256("message");
    auto signature = signer.sign(digest);

    // s -> n - s and the other parity recover the same key; a contract would accept a replay.
    auto const order = parse_hash32(curve_order).value();
    int borrow = 0;
    for (std::size_t i = 32; i-- > 0;) {
        auto const v = int{order[i]} - int{signature[32 + i]} - borrow;
        signature[32 + i] = static_cast<std::uint8_t>(v & 0xff);
        borrow = v < 0 ? 1 : 0;
    }
    signature[64] = signature[64] == 27 ? 28 : 27;

    CHECK_FALSE(recover_address(digest, signature));
}
