// Who may move the wallet's money and shares, who must, and the calls that make up the difference.
#pragma once

#include "connectors/chain/rpc/chain_rpc.hpp"

#include <string>
#include <vector>

namespace polyquant::chain {

struct ApprovalNeeds {
    bool protocol_v1 = true;
    bool protocol_v2 = false;
    bool neg_risk = false;
    bool auto_redeem = false; // the venue's operator may redeem
    Usdc spend{};             // pUSD the exchanges may take
    bool unlimited = false;   // instead of `spend`
};

struct Approval {
    std::string name; // "exchange takes pUSD"
    Address contract;
    Address spender;
    bool is_allowance = false;     // of money; else operator of all shares
    bool has_code = true;          // of the spender: an approval of nothing is a mistake
    bool granted = false;          // as far as `needs` asks
    std::optional<Usdc> allowed{}; // empty: without limit, or no allowance
};

struct WalletMoney {
    Usdc pusd{};
    Usdc usdc_e{};
    Wei owner_coin{};
};

// In a fixed order; exactly the approvals that `needs` names.
Task<RpcResult<std::vector<Approval>>>
approvals_of(ChainRpc& rpc, Address wallet, ApprovalNeeds needs, Instant deadline);

// Those not granted yet. An allowance is set to the amount, not raised by it.
std::vector<Call>
calls_to_grant(std::vector<Approval> const& approvals, ApprovalNeeds const& needs);

Task<RpcResult<WalletMoney>>
money_of(ChainRpc& rpc, Address wallet, Address owner, Instant deadline);

} // namespace polyquant::chain
