// Holdings as the Data API counts them. Cached for seconds: for reconciliation, never for
// execution.
#pragma once

#include "engine/core/market.hpp"

#include <optional>
#include <string>
#include <vector>

namespace polyquant::polymarket {

struct VenuePosition {
    ConditionId market;
    TokenId token;
    Shares size; // held now, not bought in all
    Price average_price;
    std::string outcome;              // the venue's label
    std::optional<int> outcome_index; // 999 in the answer means unknown
    std::string status;               // "OPEN", "REDEEMABLE", "REDEEMABLE_LOST", ...
    bool redeemable = false;          // lost positions are "redeemable" for nothing, too
    bool neg_risk = false;
    std::string slug;
};

struct PositionsPage {
    std::vector<VenuePosition> rows;
    std::string next_cursor; // empty on the last page
};

// GET /v2/positions ({"data":[...],"pagination":{...}}) and the array of the retired /positions.
Result<PositionsPage> parse_positions(std::string_view body);

} // namespace polyquant::polymarket
