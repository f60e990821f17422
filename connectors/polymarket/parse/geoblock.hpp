// Whether the venue lets this machine's country trade.
#pragma once

#include "engine/core/failure.hpp"

#include <string>
#include <string_view>

namespace polyquant::polymarket {

// The address that the answer carries, too, is left out: it belongs in no log.
struct Geoblock {
    bool blocked = false;
    std::string country; // "FR"
    std::string region;
};

// GET https://polymarket.com/api/geoblock. An answer that does not say is a parse failure, never
// "not blocked".
Result<Geoblock> parse_geoblock(std::string_view body);

} // namespace polyquant::polymarket
