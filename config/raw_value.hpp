// A configuration file as plain values, before anybody knows what they mean: the one shape that
// the TOML reader produces and parameter tables consume, so that toml++ stays in its .cpp file.
#pragma once

#include "config/problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::config {

struct RawValue {
    enum class Kind : std::uint8_t { string, integer, real, boolean, date, list, table };

    Kind kind = Kind::table;
    // A string's content; for the other scalars the text as it stands in the file, so that 0.85 is
    // exactly 85 cents and never the nearest binary fraction.
    std::string text;
    std::string key;             // of a table's member
    std::vector<RawValue> items; // of a list, or a table's members in the file's order
    Origin at;

    RawValue const* find(std::string_view member) const;
};

std::string_view to_string(RawValue::Kind kind); // "a string", "a whole number", ...

} // namespace polyquant::config
