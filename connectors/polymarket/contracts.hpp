// Addresses of the venue's contracts per chain.
// https://docs.polymarket.com and the official clients' config, checked 2026-11.
#pragma once

#include "connectors/crypto/address.hpp"
#include "engine/core/market.hpp"

namespace polyquant::polymarket {

inline constexpr std::uint64_t polygon_chain_id = 137;
inline constexpr std::uint64_t amoy_chain_id = 80'002; // test network

struct Contracts {
    std::uint64_t chain_id = 0;
    crypto::Address exchange;          // order version 2, CTF markets
    crypto::Address neg_risk_exchange; // order version 2, neg-risk CTF markets
    crypto::Address exchange_v3;       // order version 3, protocol v2 markets
    crypto::Address conditional_tokens;
    crypto::Address ctf_collateral; // what CTF tokens are made of; never what we hold
    crypto::Address collateral;     // pUSD, what we pay with
};

// Refuses chains the venue is not on.
Result<Contracts> contracts_of(std::uint64_t chain_id);

// The EIP-712 domain an order of this market is signed for.
struct OrderDomain {
    std::string_view version; // "2" or "3"
    crypto::Address exchange;
};

OrderDomain order_domain_of(Contracts const& contracts, ProtocolVersion version, bool neg_risk);

} // namespace polyquant::polymarket
