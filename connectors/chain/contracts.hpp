// Addresses of what redeeming, wrapping and approving need besides the exchanges.
// Official client's environments, checked 2026-11; Polygon only.
#pragma once

#include "connectors/crypto/address.hpp"

namespace polyquant::chain {

using crypto::Address;

struct SettlementContracts {
    Address conditional_tokens;
    Address usdc_e; // what CTF shares are made of
    Address pusd;   // what we hold and pay with
    Address collateral_adapter;
    Address onramp;  // USDC.e to pUSD
    Address offramp; // and back
    Address auto_redeem_operator;
    Address position_manager; // shares of protocol v2
    Address router;           // redeems them
    Address proxy_factory;
    Address deposit_factory;
    Address multi_send;
    Address relay_hub; // runs what the relayer sends to proxy wallets
};

SettlementContracts const& polygon_settlement_contracts();

} // namespace polyquant::chain
