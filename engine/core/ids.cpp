#include "engine/core/ids.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant {

namespace {

Failure bad_id(std::string_view kind, std::string_view text) {
    return Failure{
        Fault::parse, std::string{kind}, fmt::format("\"{}\" is not a valid id", text.substr(0, 80))
    };
}

// bytes = bytes * 10 + digit; false when it no longer fits 256 bits.
bool push_decimal(std::array<std::uint8_t, 32>& bytes, int digit) {
    auto carry = digit;
    for (auto i = bytes.size(); i-- > 0;) {
        auto const v = bytes[i] * 10 + carry;
        bytes[i] = static_cast<std::uint8_t>(v & 0xff);
        carry = v >> 8;
    }
    return carry == 0;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

template <class Id>
Result<Id> parse_hex(std::string_view kind, std::string_view text) {
    auto digits = text;
    if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
    if (digits.size() != 64) return bad_id(kind, text);
    Id id;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        auto const high = hex_digit(digits[2 * i]);
        auto const low = hex_digit(digits[2 * i + 1]);
        if (high < 0 || low < 0) return bad_id(kind, text);
        id.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return id;
}

template <class Id>
std::string to_hex(Id const& id) {
    std::string text = "0x";
    text.reserve(66);
    for (auto byte : id.bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

std::string shorten(std::string const& text, std::size_t head) {
    if (text.size() <= head + 6) return text;
    return text.substr(0, head) + ".." + text.substr(text.size() - 4);
}

} // namespace

Result<TokenId> parse_token_id(std::string_view decimal) {
    if (decimal.empty() || decimal.size() > 78) return bad_id("token id", decimal);
    TokenId id;
    for (char c : decimal) {
        if (c < '0' || c > '9') return bad_id("token id", decimal);
        if (!push_decimal(id.bytes, c - '0')) return bad_id("token id", decimal);
    }
    return id;
}

Result<ConditionId> parse_condition_id(std::string_view hex) {
    return parse_hex<ConditionId>("condition id", hex);
}

Result<OrderId> parse_order_id(std::string_view hex) {
    return parse_hex<OrderId>("order id", hex);
}

std::string to_string(TokenId const& id) {
    auto rest = id.bytes;
    std::string digits;
    auto not_zero = [&rest] {
        return std::ranges::any_of(rest, [](auto b) { return b != 0; });
    };
    do {
        int remainder = 0;
        for (auto& byte : rest) {
            auto const v = remainder * 256 + byte;
            byte = static_cast<std::uint8_t>(v / 10);
            remainder = v % 10;
        }
        digits += static_cast<char>('0' + remainder);
    } while (not_zero());
    std::ranges::reverse(digits);
    return digits;
}

std::string to_string(ConditionId const& id) {
    return to_hex(id);
}

std::string to_string(OrderId const& id) {
    return to_hex(id);
}

std::string short_text(TokenId const& id) {
    return shorten(to_string(id), 4);
}

std::string short_text(ConditionId const& id) {
    return shorten(to_string(id), 6);
}

std::string short_text(OrderId const& id) {
    return shorten(to_string(id), 6);
}

} // namespace polyquant
