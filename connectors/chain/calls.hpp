// The contract calls of settlement, as bytes. `data` goes into a transaction or an eth_call.
#pragma once

#include "connectors/chain/abi.hpp"
#include "connectors/chain/contracts.hpp"
#include "engine/core/ids.hpp"

namespace polyquant::chain {

// A call as a wallet makes it.
struct Call {
    Address to;
    ByteString data{};
    Wei value{};

    friend bool operator==(Call const&, Call const&) = default;
};

namespace erc20 {

ByteString balance_of(Address const& owner);
ByteString allowance(Address const& owner, Address const& spender);
ByteString approve(Address const& spender, Word const& amount);
ByteString transfer(Address const& to, std::int64_t micros);

} // namespace erc20

namespace erc1155 {

ByteString balance_of(Address const& owner, TokenId const& token);
// One owner, many tokens.
ByteString balance_of_batch(Address const& owner, std::vector<TokenId> const& tokens);
ByteString is_approved_for_all(Address const& owner, Address const& operator_);
ByteString set_approval_for_all(Address const& operator_, bool approved);

} // namespace erc1155

namespace ctf {

ByteString outcome_slot_count(ConditionId const& condition);
ByteString payout_denominator(ConditionId const& condition);
ByteString payout_numerator(ConditionId const& condition, std::uint64_t outcome);
// Both outcomes of a market without a parent. The same bytes, with another collateral, go to the
// collateral adapter, which looks at the condition only.
ByteString redeem_positions(Address const& collateral, ConditionId const& condition);
ByteString
split_position(Address const& collateral, ConditionId const& condition, std::int64_t micros);
ByteString
merge_positions(Address const& collateral, ConditionId const& condition, std::int64_t micros);

} // namespace ctf

// Protocol v2: conditions are 31 bytes, written padded on the right.
namespace router {

ByteString redeem(ConditionId const& condition, std::uint64_t outcome, std::int64_t micros);
ByteString split(ConditionId const& condition, std::int64_t micros);
ByteString merge(ConditionId const& condition, std::int64_t micros);

} // namespace router

// PositionManager.getPayout: what so many shares of a position would pay.
ByteString get_payout(TokenId const& position, std::int64_t micros);

// USDC.e to pUSD by the onramp, pUSD to USDC.e by the offramp; both name USDC.e as the asset.
ByteString wrap(Address const& asset, Address const& to, std::int64_t micros);
ByteString unwrap(Address const& asset, Address const& to, std::int64_t micros);

// All bits set: an allowance that never runs out.
Word unlimited();
Word word_of_micros(std::int64_t micros);
Word word_of_hash(Hash32 const& hash);

} // namespace polyquant::chain
