// The addresses that hold an owner's funds are functions of the owner's address (CREATE2), so a
// wrong wallet type is found before an order is refused. Same constants as the official relayer
// client (derive.js of @polymarket/builder-relayer-client).
#pragma once

#include "connectors/crypto/address.hpp"

namespace polyquant::crypto {

// keccak256(0xff || factory || salt || init code hash), last 20 bytes (EIP-1014).
Address create2_address(Address const& factory, Hash32 const& salt, Hash32 const& init_code_hash);

struct WalletFactories {
    Address proxy;
    Address safe;
    Address deposit;
    Address deposit_implementation; // of the UUPS variant
    Address deposit_beacon;         // of the beacon variant
};

// Polygon mainnet.
WalletFactories const& polygon_wallet_factories();

Address proxy_wallet(Address const& owner, WalletFactories const& at);
Address safe_wallet(Address const& owner, WalletFactories const& at);
// Which of the two an owner has is seen on the chain: the one with code.
Address deposit_wallet_uups(Address const& owner, WalletFactories const& at);
Address deposit_wallet_beacon(Address const& owner, WalletFactories const& at);

} // namespace polyquant::crypto
