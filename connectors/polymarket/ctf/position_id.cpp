#include "connectors/polymarket/ctf/position_id.hpp"

#include "connectors/crypto/eip712.hpp"
#include "connectors/crypto/keccak.hpp"

#include <boost/multiprecision/cpp_int.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace polyquant::polymarket {

namespace {

using boost::multiprecision::uint256_t;
using crypto::Hash32;

// The prime of alt_bn128's base field, 3 modulo 4, so that a root is a power (EIP-196).
uint256_t const& field_prime() {
    static auto const p =
        uint256_t{"21888242871839275222246405745257275088696311157297823662689037894645226208583"};
    return p;
}

uint256_t multiply_mod_p(uint256_t const& a, uint256_t const& b) {
    auto const product = boost::multiprecision::uint512_t{a} * b;
    return static_cast<uint256_t>(product % field_prime());
}

uint256_t import(Hash32 const& bytes) {
    uint256_t value;
    boost::multiprecision::import_bits(value, bytes.begin(), bytes.end());
    return value;
}

Hash32 to_bytes(uint256_t value) {
    Hash32 bytes;
    for (auto i = bytes.size(); i-- > 0; value >>= 8)
        bytes[i] = static_cast<std::uint8_t>(static_cast<unsigned>(value & 0xff));
    return bytes;
}

unsigned bits(TokenId const& id, std::size_t first_byte, std::size_t count) {
    unsigned value = 0;
    for (std::size_t i = 0; i < count; ++i)
        value = value << 8 | id.bytes[first_byte + i];
    return value;
}

} // namespace

ConditionId
condition_id(crypto::Address const& oracle, Hash32 const& question, std::uint64_t outcomes) {
    std::array<std::uint8_t, 84> preimage;
    auto* to = std::ranges::copy(oracle.bytes, preimage.data()).out;
    to = std::ranges::copy(question, to).out;
    std::ranges::copy(crypto::word(outcomes), to);
    return ConditionId{crypto::keccak256(preimage)};
}

CollectionId collection_id(ConditionId const& condition, std::uint64_t index_set) {
    std::array<std::uint8_t, 64> preimage;
    std::ranges::copy(condition.bytes, preimage.begin());
    std::ranges::copy(crypto::word(index_set), preimage.begin() + 32);

    auto const& p = field_prime();
    auto const seed = import(crypto::keccak256(preimage));
    auto const want_odd = bit_test(seed, 255);
    auto x = uint256_t{seed % p};
    uint256_t y;
    uint256_t y_squared;
    do {
        x = (x + 1) % p;
        y_squared = (multiply_mod_p(multiply_mod_p(x, x), x) + 3) % p;
        y = powm(y_squared, uint256_t{(p + 1) / 4}, p);
    } while (multiply_mod_p(y, y) != y_squared);

    // Of the two roots the one with the wanted parity is taken; its parity is bit 254 of the id.
    if (want_odd) bit_flip(x, 254);
    return to_bytes(x);
}

TokenId position_id(crypto::Address const& collateral, CollectionId const& collection) {
    std::array<std::uint8_t, 52> preimage;
    std::ranges::copy(collateral.bytes, preimage.begin());
    std::ranges::copy(collection, preimage.begin() + 20);
    return TokenId{crypto::keccak256(preimage)};
}

TokenId
ctf_token(crypto::Address const& collateral, ConditionId const& condition, Outcome outcome) {
    return position_id(collateral, collection_id(condition, outcome == Outcome::up ? 1 : 2));
}

std::optional<PositionFields> decode_position_id(TokenId const& id) {
    // Byte 0 holds bits 248..255; bits 40..103 are bytes 19..26.
    auto const reserved = std::span{id.bytes}.subspan(19, 8);
    if (std::ranges::any_of(reserved, [](auto byte) { return byte != 0; })) return std::nullopt;
    PositionFields fields;
    fields.module = id.bytes[0];
    fields.arity = static_cast<std::uint16_t>(bits(id, 17, 2));
    fields.resolution_chain = static_cast<std::uint16_t>(bits(id, 27, 2));
    fields.condition_index = static_cast<std::uint16_t>(bits(id, 29, 2));
    fields.outcome_index = id.bytes[31];
    fields.condition.bytes = id.bytes;
    fields.condition.bytes[31] = 0;
    return fields;
}

std::string token_defect(Market const& market, crypto::Address const& ctf_collateral) {
    for (auto outcome : {Outcome::up, Outcome::down}) {
        auto const& listed = market.token(outcome);
        auto const fields = decode_position_id(listed);
        if (market.version == ProtocolVersion::v1) {
            // Neg-risk markets wrap another collateral, so theirs cannot be recomputed here.
            if (market.neg_risk && !fields) continue;
            if (listed != ctf_token(ctf_collateral, market.condition, outcome))
                return fmt::format(
                    "the {} token {} is not the one of condition {}",
                    to_string(outcome),
                    short_text(listed),
                    short_text(market.condition)
                );
        } else if (!fields || fields->condition != market.condition ||
                   fields->outcome_index != (outcome == Outcome::up ? 0 : 1)) {
            return fmt::format(
                "the {} position {} is not the one of condition {}",
                to_string(outcome),
                short_text(listed),
                short_text(market.condition)
            );
        }
    }
    return {};
}

} // namespace polyquant::polymarket
