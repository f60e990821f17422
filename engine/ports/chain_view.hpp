// What the chain itself says: who was paid what, and who holds what. Reads only.
#pragma once

#include "engine/core/ids.hpp"
#include "engine/core/settlement_facts.hpp"
#include "engine/core/units.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/task.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace polyquant {

// payoutNumerators in the order of the market's outcomes, over payoutDenominator.
struct ChainPayouts {
    std::uint64_t denominator = 0;
    std::vector<std::uint64_t> numerators;

    // Empty where it is none that a two-sided market can have.
    std::optional<Ruling> ruling() const {
        if (numerators.size() != 2 || denominator == 0) return std::nullopt;
        if (numerators[0] == denominator && numerators[1] == 0) return Ruling::up;
        if (numerators[0] == 0 && numerators[1] == denominator) return Ruling::down;
        if (numerators[0] == numerators[1] && numerators[0] + numerators[1] == denominator)
            return Ruling::half;
        return std::nullopt;
    }
};

struct ChainBalances {
    Usdc collateral;                  // of the wallet that holds the tokens
    std::map<TokenId, Shares> tokens; // of every token asked for
};

class ChainView {
public:
    virtual ~ChainView() = default;

    // Empty while the condition has no result (payoutDenominator is zero).
    virtual Task<Result<std::optional<ChainPayouts>>>
    payouts(ConditionId condition, Instant deadline) = 0;

    virtual Task<Result<ChainBalances>> balances(std::vector<TokenId> tokens, Instant deadline) = 0;
};

} // namespace polyquant
