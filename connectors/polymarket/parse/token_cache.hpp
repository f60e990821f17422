#pragma once

#include "connectors/json/decimal.hpp"
#include "engine/core/ids.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace polyquant::polymarket {

// The last few token texts and their ids: a socket carries few tokens, each named over and over.
class TokenCache {
public:
    bool find_or_parse(std::string_view text, TokenId& to) {
        if (text.size() < 8) return json::parse_token(text, to);
        auto& slot = slots_[slot_of(text)];
        if (slot.text() == text) {
            to = slot.id;
            return true;
        }
        if (!json::parse_token(text, to)) return false;
        std::ranges::copy(text, slot.digits.begin());
        slot.size = text.size();
        slot.id = to;
        return true;
    }

private:
    struct Slot {
        std::array<char, 80> digits{};
        std::size_t size = 0;
        TokenId id;

        std::string_view text() const { return {digits.data(), size}; }
    };

    static std::size_t slot_of(std::string_view text) {
        std::uint64_t tail = 0;
        std::memcpy(&tail, text.data() + text.size() - 8, sizeof tail);
        return tail * 0x9e3779b97f4a7c15u >> 58;
    }

    std::array<Slot, 64> slots_{};
};

} // namespace polyquant::polymarket
