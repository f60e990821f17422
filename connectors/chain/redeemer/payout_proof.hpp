// What really came in: the logs of a transaction and the change of the balance must both say so.
#pragma once

#include "connectors/chain/rpc/chain_rpc.hpp"

namespace polyquant::chain {

struct PayoutProof {
    bool holds = false;
    std::int64_t micros = 0; // net, by this transaction
    std::string doubt{};     // why it does not hold
};

// `conditions` empty: a transaction that redeems nothing (a wrap) or pays by other logs (protocol
// v2). Otherwise the payouts the CTF logged for them must add up to what the wallet received.
// Balance: that of the receipt's block and of the one before differ by exactly the token's
// transfers from and to the wallet in that block.
Task<RpcResult<PayoutProof>> prove_payout(
    ChainRpc& rpc,
    Receipt const& receipt,
    Address token,
    Address wallet,
    std::vector<ConditionId> conditions,
    Instant deadline
);

} // namespace polyquant::chain
