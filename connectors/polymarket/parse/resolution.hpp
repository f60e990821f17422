// A market's end as the Data API tells it.
#pragma once

#include "engine/core/ids.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::polymarket {

struct VenueResolution {
    ConditionId market;
    std::string status;                // "active", "proposed", "disputed", "resolved"
    std::vector<std::int64_t> payouts; // micro-USDC a share, in the order of the outcomes
};

// GET /v2/resolutions?condition=: {"data":{...}|null}, or {"data":[{...}]}. Empty: not known there.
Result<std::optional<VenueResolution>> parse_resolution(std::string_view body);

} // namespace polyquant::polymarket
