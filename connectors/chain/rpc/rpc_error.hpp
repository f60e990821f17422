// What a node said no to, told apart by what has to be done about it.
#pragma once

#include "engine/core/failure.hpp"

#include <string_view>

namespace polyquant::chain {

enum class RpcTrouble : std::uint8_t {
    nonce_too_low,           // mined already, or another sender used it
    nonce_too_high,          // refused by nodes that do not queue
    replacement_underpriced, // this nonce is pending with a fee that ours does not beat
    already_known,           // the node has this very transaction
    insufficient_funds,      // of the coin that pays for gas
    underpriced,             // below the tip the node asks for
    fee_below_base,          // the base fee has risen above what we would pay
    fee_above_cap,           // the node refuses to let anybody pay so much
    gas_too_low,             // or beyond what fits a block
    reverted,                // the contract refused: `reason` says why
    wrong_chain,
    rate_limited,
    unavailable, // no answer: the call may have had its effect
    malformed,   // an answer that makes no sense
    refused,     // anything else the node said
};

std::string_view to_string(RpcTrouble trouble);

struct RpcError {
    RpcTrouble trouble = RpcTrouble::refused;
    Failure failure;      // where, and the node's words
    std::string reason{}; // of a revert
};

// By the words, not by the codes, which differ between nodes: geth, bor, erigon, anvil, hardhat.
RpcTrouble trouble_of(std::int64_t code, std::string_view message);

std::string describe(RpcError const& error);

// Called by Boost when value() is used on an unchecked error: a bug of ours.
[[noreturn]] void
throw_exception_from_error(RpcError const& error, boost::source_location const& where);

template <class T>
using RpcResult = boost::system::result<T, RpcError>;

} // namespace polyquant::chain
