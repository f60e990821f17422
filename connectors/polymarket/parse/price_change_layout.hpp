// Nine frames in ten are price changes, and the venue writes them in one fixed layout. Reading that
// layout takes a comparison of constants; whatever differs by one byte goes to the general parser,
// which also words the errors.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace polyquant::polymarket {

// Views into the frame.
struct ChangeText {
    std::string_view asset_id, price, size, side, hash, best_bid, best_ask;
};

struct PriceChangeText {
    static constexpr std::size_t changes_max = 16;

    std::string_view timestamp;
    std::array<ChangeText, changes_max> changes;
    std::size_t count = 0;
};

// False unless the whole frame is one price_change object, without blanks and escapes, whose keys
// come in the venue's order, with 1 to changes_max changes.
bool read_price_change_layout(std::string_view frame, PriceChangeText& to);

} // namespace polyquant::polymarket
