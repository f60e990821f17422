#include "connectors/crypto/eip712.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::crypto {

namespace {

// The largest struct we hash has 11 fields and its type.
constexpr std::size_t words_max = 16;

} // namespace

Word word(std::uint64_t value) {
    Word w{};
    for (std::size_t i = 0; i < 8; ++i)
        w[31 - i] = static_cast<std::uint8_t>(value >> (8 * i));
    return w;
}

Word word(Address const& address) {
    Word w{};
    std::ranges::copy(address.bytes, w.begin() + 12);
    return w;
}

Word word_of_text(std::string_view text) {
    return keccak256(text);
}

Hash32 hash_struct(Hash32 const& type_hash, std::span<Word const> fields) {
    ENSURE(fields.size() < words_max, "struct too large for its buffer");
    std::array<std::uint8_t, words_max * 32> buffer;
    auto* to = std::ranges::copy(type_hash, buffer.data()).out;
    for (auto const& field : fields)
        to = std::ranges::copy(field, to).out;
    return keccak256(Bytes{buffer.data(), (fields.size() + 1) * 32});
}

Hash32 domain_separator(Domain const& domain) {
    std::string type;
    std::vector<Word> fields;
    auto const add = [&](std::string_view declaration, Word const& value) {
        if (!type.empty()) type += ',';
        type += declaration;
        fields.push_back(value);
    };
    if (domain.name) add("string name", word_of_text(*domain.name));
    if (domain.version) add("string version", word_of_text(*domain.version));
    if (domain.chain_id) add("uint256 chainId", word(*domain.chain_id));
    if (domain.verifying_contract)
        add("address verifyingContract", word(*domain.verifying_contract));
    return hash_struct(keccak256(fmt::format("EIP712Domain({})", type)), fields);
}

Hash32 typed_data_digest(Hash32 const& domain_separator, Hash32 const& struct_hash) {
    std::array<std::uint8_t, 66> message{0x19, 0x01};
    std::ranges::copy(domain_separator, message.begin() + 2);
    std::ranges::copy(struct_hash, message.begin() + 34);
    return keccak256(message);
}

NestedDigest nested_typed_data_digest(
    Hash32 const& app_domain_separator,
    Hash32 const& contents_hash,
    std::string_view contents_name,
    std::string_view contents_type,
    std::string_view wallet_name,
    std::string_view wallet_version,
    std::uint64_t chain_id,
    Address const& wallet
) {
    auto const type = fmt::format(
        "TypedDataSign({} contents,string name,string version,uint256 chainId,"
        "address verifyingContract,bytes32 salt){}",
        contents_name,
        contents_type
    );
    auto const struct_hash = hash_struct(
        keccak256(type),
        {contents_hash,
         word_of_text(wallet_name),
         word_of_text(wallet_version),
         word(chain_id),
         word(wallet),
         Word{}}
    );
    return {struct_hash, typed_data_digest(app_domain_separator, struct_hash)};
}

} // namespace polyquant::crypto
