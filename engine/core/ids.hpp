// Identifiers as distinct types of fixed size: comparing a token with an order does not compile.
#pragma once

#include "engine/core/failure.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

namespace polyquant {

// 32 bytes, big-endian where it stands for a number.
template <class Tag>
struct Id32 {
    std::array<std::uint8_t, 32> bytes{};

    friend constexpr auto operator<=>(Id32 const&, Id32 const&) = default;

    bool is_zero() const { return *this == Id32{}; }
};

using TokenId = Id32<struct TokenTag>;         // ERC-1155 position id (uint256)
using ConditionId = Id32<struct ConditionTag>; // CTF condition, our key of a market
using OrderId = Id32<struct OrderTag>;         // EIP-712 digest, known before sending

// Venue ids that are text (UUIDs of trades) and names that a human chose.
template <class Tag>
struct TextId {
    std::string text;

    friend auto operator<=>(TextId const&, TextId const&) = default;
};

using TradeId = TextId<struct TradeTag>;
using StrategyName = TextId<struct StrategyTag>;

// Token ids travel as decimal text on the wire, conditions and orders as 0x-prefixed hex.
Result<TokenId> parse_token_id(std::string_view decimal);
Result<ConditionId> parse_condition_id(std::string_view hex); // with or without 0x
Result<OrderId> parse_order_id(std::string_view hex);
std::string to_string(TokenId const& id);
std::string to_string(ConditionId const& id);
std::string to_string(OrderId const& id);
// "7674..3470" / "0x0cd4..5fbb": enough for a log line.
std::string short_text(TokenId const& id);
std::string short_text(ConditionId const& id);
std::string short_text(OrderId const& id);

inline std::string const& to_string(TradeId const& id) {
    return id.text;
}

inline std::string const& to_string(StrategyName const& id) {
    return id.text;
}

} // namespace polyquant

// Ids are hashes (or as good as random) already: eight of their bytes spread well enough.
template <class Tag>
struct std::hash<polyquant::Id32<Tag>> {
    std::size_t operator()(polyquant::Id32<Tag> const& id) const noexcept {
        std::uint64_t tail = 0;
        std::memcpy(&tail, id.bytes.data() + 24, sizeof tail);
        return tail;
    }
};

template <class Tag>
struct std::hash<polyquant::TextId<Tag>> {
    std::size_t operator()(polyquant::TextId<Tag> const& id) const noexcept {
        return std::hash<std::string>{}(id.text);
    }
};
