// How the market channel writes names, numbers, sides and times, read where they stand in the
// frame. For the parser of that channel only: it is on the path of every level change.
#pragma once

#include "connectors/json/decimal.hpp"
#include "engine/core/orders.hpp"

#include <simdjson.h>

#include <bit>
#include <cstring>
#include <optional>
#include <string_view>

namespace polyquant::polymarket::market_text {

namespace ondemand = simdjson::ondemand;

inline constexpr std::int64_t millis_max = 9'000'000'000'000;

// The key without unescaping: the venue's keys are plain, and one with an escape matches nothing.
// Eight bytes at a time; the padding behind the frame makes reading beyond the key harmless.
inline std::string_view key_of(ondemand::field& field) {
    constexpr std::uint64_t ones = 0x0101010101010101u;
    constexpr std::size_t size_max = 56;
    auto const* const start = field.key().raw();
    for (std::size_t at = 0; at < size_max; at += 8) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, start + at, 8);
        auto const quotes = bytes ^ (ones * '"');
        auto const found = (quotes - ones) & ~quotes & (ones * 0x80);
        if (found != 0) return {start, at + static_cast<std::size_t>(std::countr_zero(found)) / 8};
    }
    return {start, size_max};
}

// Strings as they are, numbers as they are written, null as nothing. The token is looked at where
// it stands: copying and unescaping each string took a third of a frame's time.
inline bool take_text(ondemand::value& value, std::string_view& to) {
    auto token = std::string_view{value.raw_json_token()};
    while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ')
        token.remove_suffix(1);
    if (token.empty()) return false;
    if (token.front() == '"') {
        auto const is_plain = token.size() >= 2 && token.back() == '"' &&
                              std::memchr(token.data(), '\\', token.size()) == nullptr;
        if (!is_plain) return value.get_string().get(to) == simdjson::SUCCESS;
        to = token.substr(1, token.size() - 2);
        return true;
    }
    if (token == "null") {
        to = {};
        return true;
    }
    to = token;
    return token.front() == '-' || (token.front() >= '0' && token.front() <= '9');
}

inline bool take_price(std::string_view text, Price& to) {
    std::int64_t micros = 0;
    if (!json::parse_micros(text, micros)) return false;
    to = Price::from_micros(micros);
    return true;
}

inline bool take_shares(std::string_view text, Shares& to) {
    std::int64_t micros = 0;
    if (!json::parse_micros(text, micros)) return false;
    to = Shares::from_micros(micros);
    return true;
}

// "" and null are "not said"; anything else must be a price.
inline bool take_optional_price(std::string_view text, std::optional<Price>& to) {
    if (text.empty()) return true;
    Price price;
    if (!take_price(text, price)) return false;
    to = price;
    return true;
}

// An empty side is written as "", "0" or, for asks, "1".
inline bool take_top(std::string_view text, std::optional<Price>& to) {
    if (!take_optional_price(text, to)) return false;
    if (to && (to->micros() <= 0 || to->micros() >= Price::scale)) to.reset();
    return true;
}

inline bool take_side(std::string_view text, Side& to) {
    if (text == "BUY" || text == "buy") {
        to = Side::buy;
        return true;
    }
    if (text == "SELL" || text == "sell") {
        to = Side::sell;
        return true;
    }
    return false;
}

inline bool take_millis(std::string_view text, UtcTime& to) {
    std::int64_t ms = 0;
    if (!json::parse_unsigned(text, ms) || ms > millis_max) return false;
    to = utc_from_millis(ms);
    return true;
}

} // namespace polyquant::polymarket::market_text
