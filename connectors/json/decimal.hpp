// Decimal text to integers on the feed path: no allocation and no Failure object, which is why
// these exist beside parse_price() and its kin.
#pragma once

#include "engine/core/ids.hpp"
#include "engine/core/units.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace polyquant::json {

// "0.52", ".48", "12", "7.": false for signs, exponents, blanks, "" and for more digits than fit.
// More decimals than asked for are refused unless zero, or cut off where `cut` says so.
bool parse_decimal(std::string_view text, int decimals, bool cut, std::int64_t& to);

inline bool parse_micros(std::string_view text, std::int64_t& to) {
    return parse_decimal(text, 6, false, to);
}

bool parse_unsigned(std::string_view text, std::int64_t& to);

// Decimal text of a uint256, by 64-bit limbs instead of parse_token_id()'s bytes.
bool parse_token(std::string_view text, TokenId& to);

// A double that stands for a decimal with few places, as JSON numbers do: the nearest integer count
// of 10^-decimals, refused when it is further away than representation errors explain.
std::optional<std::int64_t> nearest_decimal(double value, int decimals);

} // namespace polyquant::json
