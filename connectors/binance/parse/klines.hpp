// Rows of GET /api/v3/klines.
// https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
#pragma once

#include "engine/core/market.hpp"

#include <string>
#include <vector>

namespace polyquant::binance {

struct Klines {
    std::vector<Bar> bars;       // in the order of the answer
    std::uint32_t defective = 0; // rows that cannot be true (bar_defect), left out
    std::string first_defect;
};

// "1m" -> 60 s; empty for intervals of no fixed length and unknown ones.
std::optional<Seconds> interval_length(std::string_view interval);

// A body that is no array of rows is a parse failure; Binance's {"code":-1121,"msg":".."} is
// Fault::rejected with its words.
Result<Klines> parse_klines(std::string_view body, Seconds length);

} // namespace polyquant::binance
