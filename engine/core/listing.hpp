// One row of the venue's list of all markets, as the list claims it: where candidates are looked
// for, never what an order is priced on.
#pragma once

#include "engine/core/market.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace polyquant {

// What keeps a row from being a market that could be traded at all.
enum class ListingDefect : std::uint8_t {
    none,
    not_two_outcomes,
    no_end,
    unusable, // anything else; `refusal` says what
};
std::string_view to_string(ListingDefect defect);

struct MarketListing {
    Market market; // complete without a defect; with one, what could be read
    ListingDefect defect = ListingDefect::none;
    std::string refusal; // in words, with a defect
    // What the list shows: minutes old, and of any trade. Empty where it shows none.
    std::optional<Price> up_price;
    std::optional<Price> down_price;
    Usdc liquidity;
    bool active = false;
    bool closed = false;
    bool accepts_orders = false;
    // Token ids were recomputed from the condition. Costs some 0.2 ms, so a scan does it only for
    // rows that somebody may want; no order for a row without it.
    bool tokens_checked = false;
    std::string tags;  // slugs in lower case, joined by ","
    std::string event; // slug; of a neg-risk event's markets at most one ends with Yes

    friend bool operator==(MarketListing const&, MarketListing const&) = default;
};

} // namespace polyquant
