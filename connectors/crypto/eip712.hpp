// EIP-712 typed-data hashing: https://eips.ethereum.org/EIPS/eip-712. Every field of the structs we
// sign fits one 32-byte word (strings enter as their hash), so a struct is a list of words.
#pragma once

#include "connectors/crypto/address.hpp"
#include "connectors/crypto/keccak.hpp"

#include <initializer_list>
#include <optional>

namespace polyquant::crypto {

using Word = std::array<std::uint8_t, 32>;

Word word(std::uint64_t value);
Word word(Address const& address);
// A `string` or `bytes` field.
Word word_of_text(std::string_view text);

Hash32 hash_struct(Hash32 const& type_hash, std::span<Word const> fields);

inline Hash32 hash_struct(Hash32 const& type_hash, std::initializer_list<Word> fields) {
    return hash_struct(type_hash, std::span<Word const>{fields.begin(), fields.size()});
}

// Absent members are left out of the domain's type, as the standard wants: ClobAuth has no
// contract, a Safe has only chain and contract.
struct Domain {
    std::optional<std::string_view> name;
    std::optional<std::string_view> version;
    std::optional<std::uint64_t> chain_id;
    std::optional<Address> verifying_contract;
};

Hash32 domain_separator(Domain const& domain);
// keccak256(0x1901 || domain separator || struct hash): what gets signed.
Hash32 typed_data_digest(Hash32 const& domain_separator, Hash32 const& struct_hash);

// ERC-7739 nesting: a contract wallet signs the contents inside its own domain, so that a signature
// for one wallet is worthless to another wallet of the same owner.
// https://eips.ethereum.org/EIPS/eip-7739
struct NestedDigest {
    Hash32 struct_hash; // of TypedDataSign
    Hash32 digest;      // what the owner signs
};

NestedDigest nested_typed_data_digest(
    Hash32 const& app_domain_separator,
    Hash32 const& contents_hash,
    std::string_view contents_name, // "Order"
    std::string_view contents_type, // "Order(uint256 salt,...)"
    std::string_view wallet_name,
    std::string_view wallet_version,
    std::uint64_t chain_id,
    Address const& wallet
);

} // namespace polyquant::crypto
