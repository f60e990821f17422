// The months in lower case, as slugs spell them.
#pragma once

#include <array>
#include <string_view>

namespace polyquant {

inline constexpr std::array<std::string_view, 12> month_names{
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
};

} // namespace polyquant
