// The wallet that holds the shares, and how its owner makes it act by paying gas.
#pragma once

#include "connectors/chain/rpc/chain_rpc.hpp"
#include "connectors/chain/wallet_calls.hpp"

#include <memory>
#include <string_view>

namespace polyquant::chain {

// Numbers as the venue's signature types.
enum class WalletKind : std::uint8_t { eoa = 0, proxy = 1, safe = 2, deposit = 3 };
std::string_view to_string(WalletKind kind);
std::optional<WalletKind> parse_wallet_kind(std::string_view text);

struct OwnedWallet {
    std::shared_ptr<crypto::Signer const> owner; // signs, and pays the gas
    WalletKind kind = WalletKind::eoa;
    Address address; // holds shares and money; the owner itself for `eoa`
    std::uint64_t chain_id = 137;
};

// The wallet of that kind that belongs to the owner.
OwnedWallet wallet_of(std::shared_ptr<crypto::Signer const> owner, WalletKind kind);

// Can it make several calls in one transaction?
bool batches(WalletKind kind);

// What the owner sends so that the wallet makes the calls. A Safe's own nonce is read for it. A
// deposit wallet acts through the relayer only: Fault::invalid.
Task<RpcResult<Call>>
act(ChainRpc& rpc, OwnedWallet const& wallet, std::vector<Call> calls, Instant deadline);

} // namespace polyquant::chain
