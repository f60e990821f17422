#include "connectors/polymarket/orders/order.hpp"

namespace polyquant::polymarket {

namespace {

crypto::Word amount_word(std::int64_t micros) {
    ENSURE(micros >= 0, "a negative order amount");
    return crypto::word(static_cast<std::uint64_t>(micros));
}

} // namespace

std::string_view to_string(SignatureType type) {
    switch (type) {
    case SignatureType::eoa: return "eoa";
    case SignatureType::proxy: return "proxy";
    case SignatureType::safe: return "safe";
    case SignatureType::deposit_wallet: return "deposit_wallet";
    }
    std::abort();
}

std::string_view order_type_string() {
    return "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,"
           "uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,"
           "bytes32 builder)";
}

crypto::Hash32 const& order_type_hash() {
    static auto const hash = crypto::keccak256(order_type_string());
    return hash;
}

crypto::Hash32 order_struct_hash(OrderFields const& fields) {
    return crypto::hash_struct(
        order_type_hash(),
        {crypto::word(fields.salt),
         crypto::word(fields.maker),
         crypto::word(fields.signer),
         fields.token.bytes,
         amount_word(fields.maker_amount),
         amount_word(fields.taker_amount),
         crypto::word(std::uint64_t{fields.side == Side::buy ? 0u : 1u}),
         crypto::word(static_cast<std::uint64_t>(fields.signature_type)),
         crypto::word(static_cast<std::uint64_t>(fields.timestamp_ms)),
         fields.metadata,
         fields.builder}
    );
}

crypto::Hash32 order_domain_separator(
    std::string_view order_version, std::uint64_t chain_id, crypto::Address const& exchange
) {
    return crypto::domain_separator({"Polymarket CTF Exchange", order_version, chain_id, exchange});
}

} // namespace polyquant::polymarket
