#include "connectors/crypto/bytes.hpp"

#include <fmt/format.h>

namespace polyquant::crypto {

namespace {

// 0x80 marks what is no hex digit. A table, because book hashes are read on the feed path.
constexpr auto hex_digits = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(0x80);
    for (std::uint8_t i = 0; i < 10; ++i)
        table['0' + i] = i;
    for (std::uint8_t i = 0; i < 6; ++i)
        table['a' + i] = table['A' + i] = static_cast<std::uint8_t>(10 + i);
    return table;
}();

std::string_view without_prefix(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
    return text;
}

int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    if (c == '/' || c == '_') return 63;
    return -1;
}

} // namespace

void append_hex(std::string& to, Bytes bytes) {
    constexpr auto digits = std::string_view{"0123456789abcdef"};
    for (auto byte : bytes) {
        to += digits[byte >> 4];
        to += digits[byte & 15];
    }
}

std::string to_hex(Bytes bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    append_hex(text, bytes);
    return text;
}

bool parse_hex_into(std::string_view text, std::span<std::uint8_t> to) {
    auto const digits = without_prefix(text);
    if (digits.size() != to.size() * 2) return false;
    for (std::size_t i = 0; i < to.size(); ++i) {
        auto const high = hex_digits[static_cast<std::uint8_t>(digits[2 * i])];
        auto const low = hex_digits[static_cast<std::uint8_t>(digits[2 * i + 1])];
        if ((high | low) & 0x80) return false;
        to[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return true;
}

std::optional<std::vector<std::uint8_t>> parse_hex(std::string_view text) {
    std::vector<std::uint8_t> bytes(without_prefix(text).size() / 2);
    if (!parse_hex_into(text, bytes)) return std::nullopt;
    return bytes;
}

Result<Hash32> parse_hash32(std::string_view text) {
    Hash32 hash;
    if (parse_hex_into(text, hash)) return hash;
    return Failure{
        Fault::parse, "hex", fmt::format("\"{}\" is not 32 bytes in hex", text.substr(0, 80))
    };
}

bool decode_base64(std::string_view text, std::vector<std::uint8_t>& to) {
    to.clear();
    auto const end = text.find_last_not_of('=');
    auto const padding = text.size() - (end == std::string_view::npos ? 0 : end + 1);
    text.remove_suffix(padding);
    if (padding > 2 || text.size() % 4 == 1) return false;
    to.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    int held = 0;
    for (char c : text) {
        auto const digit = base64_digit(c);
        if (digit < 0) return false;
        bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0xffffff;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        to.push_back(static_cast<std::uint8_t>(bits >> held));
    }
    return true;
}

std::string encode_base64url(Bytes bytes) {
    constexpr auto digits =
        std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        auto const left = bytes.size() - i;
        auto const at = [&](std::size_t n) {
            return n < left ? std::uint32_t{bytes[i + n]} : 0u;
        };
        auto const bits = at(0) << 16 | at(1) << 8 | at(2);
        text += digits[bits >> 18];
        text += digits[bits >> 12 & 63];
        text += left > 1 ? digits[bits >> 6 & 63] : '=';
        text += left > 2 ? digits[bits & 63] : '=';
    }
    return text;
}

} // namespace polyquant::crypto
