#include "connectors/chain/rpc/rpc_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace polyquant::chain {

namespace {

struct Phrase {
    std::string_view words; // lower case
    RpcTrouble trouble;
};

// In this order: the first that occurs decides. "replacement transaction underpriced" also holds
// "transaction underpriced", and a revert may quote anything.
constexpr std::array phrases{
    Phrase{"execution reverted", RpcTrouble::reverted},
    Phrase{"vm exception", RpcTrouble::reverted},
    Phrase{"replacement transaction underpriced", RpcTrouble::replacement_underpriced},
    Phrase{"replacement fee too low", RpcTrouble::replacement_underpriced},
    Phrase{"already known", RpcTrouble::already_known},
    Phrase{"alreadyknown", RpcTrouble::already_known},
    Phrase{"already imported", RpcTrouble::already_known},
    Phrase{"known transaction", RpcTrouble::already_known},
    Phrase{"nonce too low", RpcTrouble::nonce_too_low},
    Phrase{"nonce is too low", RpcTrouble::nonce_too_low},
    Phrase{"oldnonce", RpcTrouble::nonce_too_low},
    Phrase{"nonce too high", RpcTrouble::nonce_too_high},
    Phrase{"nonce gap", RpcTrouble::nonce_too_high},
    Phrase{"insufficient funds", RpcTrouble::insufficient_funds},
    Phrase{"doesn't have enough funds", RpcTrouble::insufficient_funds},
    Phrase{"less than block base fee", RpcTrouble::fee_below_base},
    Phrase{"feetoolow", RpcTrouble::underpriced},
    Phrase{"maxfeepergas", RpcTrouble::fee_below_base},
    Phrase{"exceeds the configured cap", RpcTrouble::fee_above_cap},
    Phrase{"underpriced", RpcTrouble::underpriced},
    Phrase{"tip cap", RpcTrouble::underpriced},
    Phrase{"tip too low", RpcTrouble::underpriced},
    Phrase{"gas price below", RpcTrouble::underpriced},
    Phrase{"intrinsic gas too low", RpcTrouble::gas_too_low},
    Phrase{"exceeds block gas limit", RpcTrouble::gas_too_low},
    Phrase{"out of gas", RpcTrouble::gas_too_low},
    Phrase{"gas required exceeds", RpcTrouble::gas_too_low},
    Phrase{"chain id", RpcTrouble::wrong_chain},
    Phrase{"chainid", RpcTrouble::wrong_chain},
    Phrase{"rate limit", RpcTrouble::rate_limited},
    Phrase{"too many requests", RpcTrouble::rate_limited},
    Phrase{"request limit", RpcTrouble::rate_limited},
    Phrase{"limit exceeded", RpcTrouble::rate_limited},
    Phrase{"compute units", RpcTrouble::rate_limited},
};

// JSON-RPC codes that say enough alone.
constexpr std::int64_t code_limit_exceeded = -32'005;
constexpr std::int64_t code_internal = -32'603;
constexpr std::int64_t code_reverted = 3;

std::string lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

} // namespace

std::string_view to_string(RpcTrouble trouble) {
    switch (trouble) {
    case RpcTrouble::nonce_too_low: return "nonce too low";
    case RpcTrouble::nonce_too_high: return "nonce too high";
    case RpcTrouble::replacement_underpriced: return "replacement underpriced";
    case RpcTrouble::already_known: return "already known";
    case RpcTrouble::insufficient_funds: return "insufficient funds for gas";
    case RpcTrouble::underpriced: return "underpriced";
    case RpcTrouble::fee_below_base: return "fee below the base fee";
    case RpcTrouble::fee_above_cap: return "fee above the node's cap";
    case RpcTrouble::gas_too_low: return "gas too low";
    case RpcTrouble::reverted: return "reverted";
    case RpcTrouble::wrong_chain: return "wrong chain";
    case RpcTrouble::rate_limited: return "rate limited";
    case RpcTrouble::unavailable: return "no answer";
    case RpcTrouble::malformed: return "malformed answer";
    case RpcTrouble::refused: return "refused";
    }
    std::abort();
}

RpcTrouble trouble_of(std::int64_t code, std::string_view message) {
    auto const words = lower(message);
    auto const known = std::ranges::find_if(phrases, [&](Phrase const& phrase) {
        return words.find(phrase.words) != std::string::npos;
    });
    if (known != phrases.end()) return known->trouble;
    if (code == code_reverted) return RpcTrouble::reverted;
    if (code == code_limit_exceeded || code == 429) return RpcTrouble::rate_limited;
    if (code == code_internal) return RpcTrouble::unavailable;
    return RpcTrouble::refused;
}

std::string describe(RpcError const& error) {
    auto text = fmt::format("{} in {}", to_string(error.trouble), error.failure.where);
    auto const& words = error.reason.empty() ? error.failure.detail : error.reason;
    if (!words.empty()) text += ": " + words;
    return text;
}

void throw_exception_from_error(RpcError const& error, boost::source_location const& where) {
    polyquant::throw_exception_from_error(error.failure, where);
}

} // namespace polyquant::chain
