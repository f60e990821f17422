// The venue's cursors: base64 of a row number, "LTE=" (-1) at the end.
#pragma once

#include "connectors/crypto/bytes.hpp"

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace polyquant::sandbox {

inline constexpr std::string_view end_cursor = "LTE=";

// The first row a cursor asks for; no cursor asks for the beginning.
inline std::optional<std::size_t> parse_cursor(std::string_view cursor) {
    if (cursor.empty()) return 0;
    std::vector<std::uint8_t> bytes;
    if (!crypto::decode_base64(cursor, bytes)) return std::nullopt;
    std::string const text(bytes.begin(), bytes.end());
    if (text == "-1") return static_cast<std::size_t>(-1) / 2;
    std::size_t row = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), row);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return row;
}

inline std::string next_cursor(std::size_t begin, std::size_t count, std::size_t rows) {
    if (begin + count >= rows) return std::string{end_cursor};
    return crypto::encode_base64url(crypto::bytes_of(std::to_string(begin + count)));
}

} // namespace polyquant::sandbox
