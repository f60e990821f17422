// What the chain itself says of a wallet: its collateral, what it lets the venue's contracts take,
// and whether anything lives at its address.
#pragma once

#include "connectors/net/net_context.hpp"
#include "connectors/polymarket/contracts.hpp"

#include <map>
#include <string>

namespace polyquant::polymarket {

struct ChainWallet {
    std::uint64_t chain_id = 0;
    bool is_contract = false;        // code at the wallet's address
    std::int64_t balance_micros = 0; // of pUSD
    // By spender, lower case; saturated like BalanceAllowance. Absent: the call failed.
    std::map<std::string, std::int64_t> allowances;
    // May the exchange move our outcome tokens (needed to sell them before the window's end)?
    std::map<std::string, bool> operators;
};

// One JSON-RPC batch of eth_chainId, eth_getCode and eth_call. Reads only: nothing is signed.
Task<Result<ChainWallet>> read_chain_wallet(
    net::NetContext& context,
    net::Url rpc,
    crypto::Address const& wallet,
    Contracts const& contracts,
    Instant deadline
);

// The batch and its answer, for tests.
std::string chain_wallet_question(crypto::Address const& wallet, Contracts const& contracts);
Result<ChainWallet> parse_chain_wallet(std::string_view body, Contracts const& contracts);

} // namespace polyquant::polymarket
