// Past prices of one outcome token, as charts show them.
#pragma once

#include "engine/core/time.hpp"
#include "engine/core/units.hpp"

#include <string_view>
#include <vector>

namespace polyquant::polymarket {

struct PastPrice {
    UtcTime at{};
    Price price;
};

// GET /prices-history: {"history":[{"t":seconds,"p":0.51}]}, in the order given.
Result<std::vector<PastPrice>> parse_price_history(std::string_view body);

} // namespace polyquant::polymarket
