#include "engine/core/listing.hpp"

#include <cstdlib>

namespace polyquant {

std::string_view to_string(ListingDefect defect) {
    switch (defect) {
    case ListingDefect::none: return "none";
    case ListingDefect::not_two_outcomes: return "not_two_outcomes";
    case ListingDefect::no_end: return "no_end";
    case ListingDefect::unusable: return "unusable";
    }
    std::abort();
}

} // namespace polyquant
