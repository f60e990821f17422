// An order as the exchange contracts know it. Order versions 2 and 3 share one struct and differ in
// the domain they are signed for.
#pragma once

#include "connectors/crypto/eip712.hpp"
#include "engine/core/orders.hpp"

namespace polyquant::polymarket {

enum class SignatureType : std::uint8_t {
    eoa = 0,            // the signing account holds the funds
    proxy = 1,          // proxy wallet of an email login
    safe = 2,           // 1-of-1 Gnosis Safe of a browser wallet
    deposit_wallet = 3, // ERC-1271 contract wallet, signs by ERC-7739
};
std::string_view to_string(SignatureType type);

struct OrderFields {
    std::uint64_t salt = 0; // at most 2^53 - 1: it travels as a JSON number
    crypto::Address maker;  // holds the funds
    crypto::Address signer; // the deposit wallet itself for type 3, else the signing account
    TokenId token;
    std::int64_t maker_amount = 0; // what we give, micro units
    std::int64_t taker_amount = 0; // what we get, micro units
    Side side = Side::buy;
    SignatureType signature_type = SignatureType::eoa;
    std::int64_t timestamp_ms = 0;
    crypto::Hash32 metadata{};
    crypto::Hash32 builder{};
};

// The struct's type as EIP-712 writes it.
std::string_view order_type_string();
crypto::Hash32 const& order_type_hash();
crypto::Hash32 order_struct_hash(OrderFields const& fields);
crypto::Hash32 order_domain_separator(
    std::string_view order_version, std::uint64_t chain_id, crypto::Address const& exchange
);

} // namespace polyquant::polymarket
