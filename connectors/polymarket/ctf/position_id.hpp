// Token ids are functions of the condition id: recomputed before trading, they prove that a listing
// names the tokens of its own market.
#pragma once

#include "connectors/crypto/address.hpp"
#include "engine/core/market.hpp"

#include <optional>

namespace polyquant::polymarket {

using CollectionId = crypto::Hash32;

// keccak256(oracle || question id || number of outcomes).
ConditionId
condition_id(crypto::Address const& oracle, crypto::Hash32 const& question, std::uint64_t outcomes);

// A point of alt_bn128 found from keccak256(condition || index set), compressed into 32 bytes
// (Gnosis CTHelpers.getCollectionId without a parent). Some 30 us.
CollectionId collection_id(ConditionId const& condition, std::uint64_t index_set);

// keccak256(collateral || collection): the ERC-1155 id.
TokenId position_id(crypto::Address const& collateral, CollectionId const& collection);

// Token of one outcome of a two-outcome CTF market. The collateral is USDC.e, not pUSD.
TokenId ctf_token(crypto::Address const& collateral, ConditionId const& condition, Outcome outcome);

// What a protocol v2 position id says: its bits are fields, not a hash.
struct PositionFields {
    std::uint8_t module = 0;
    std::uint16_t arity = 0;
    std::uint16_t resolution_chain = 0;
    std::uint16_t condition_index = 0;
    std::uint8_t outcome_index = 0; // 0 is the first outcome
    ConditionId condition;          // the id's first 31 bytes, padded on the right

    friend bool operator==(PositionFields const&, PositionFields const&) = default;
};

// Empty unless the reserved bits 40..103 are zero, which tells v2 ids from CTF hashes.
std::optional<PositionFields> decode_position_id(TokenId const& id);

// Why a market's token ids cannot be those of its condition; empty when they are.
std::string token_defect(Market const& market, crypto::Address const& ctf_collateral);

} // namespace polyquant::polymarket
