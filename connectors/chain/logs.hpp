// What transactions left in the chain's log: the events that prove a payout.
#pragma once

#include "connectors/chain/abi.hpp"
#include "engine/core/ids.hpp"

#include <optional>

namespace polyquant::chain {

struct Log {
    Address contract;
    std::vector<Hash32> topics{};
    ByteString data{};
    std::uint64_t index = 0; // within its block

    friend bool operator==(Log const&, Log const&) = default;
};

// Transfer(address,address,uint256) of a token with six decimals.
struct Erc20Transfer {
    Address token;
    Address from;
    Address to;
    std::int64_t micros = 0;
};

// PayoutRedemption of the conditional tokens: what a condition paid to whoever redeemed it. With
// the adapter the redeemer is the adapter.
struct PayoutRedemption {
    Address redeemer;
    Address collateral;
    ConditionId condition;
    std::int64_t micros = 0;
};

// Empty when the log is another event, or claims more than an amount of money can be.
std::optional<Erc20Transfer> erc20_transfer(Log const& log);
std::optional<PayoutRedemption>
payout_redemption(Log const& log, Address const& conditional_tokens);

// keccak256 of the event's signature: what a filter asks for.
Hash32 const& erc20_transfer_topic();
Hash32 const& payout_redemption_topic();

// Received minus sent by `owner` in these logs.
std::int64_t net_received(std::vector<Log> const& logs, Address const& token, Address const& owner);

} // namespace polyquant::chain
