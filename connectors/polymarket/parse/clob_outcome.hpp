// Who won, as the exchange says it: the fallback when Gamma's caches still show an open market.
#pragma once

#include "engine/core/market.hpp"

#include <optional>
#include <string_view>

namespace polyquant::polymarket {

struct ClobOutcome {
    ConditionId condition;
    bool closed = false;
    std::optional<TokenId> winner; // empty: none named, which does not mean a split
    bool half = false;             // paid half and half
};

// GET /markets/{condition_id}
Result<ClobOutcome> parse_clob_outcome(std::string_view body);

} // namespace polyquant::polymarket
