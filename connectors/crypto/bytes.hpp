// Bytes as hex and base64 text. None of this is for secrets that must not leave a trace: those stay
// in SecretBytes.
#pragma once

#include "engine/core/failure.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::crypto {

using Bytes = std::span<std::uint8_t const>;
using Hash32 = std::array<std::uint8_t, 32>;

inline Bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}

// Lower-case digits without a prefix.
std::string to_hex(Bytes bytes);
void append_hex(std::string& to, Bytes bytes);

inline std::string to_0x_hex(Bytes bytes) {
    return "0x" + to_hex(bytes);
}

// With or without 0x, any case; false unless the text holds exactly to.size() bytes.
bool parse_hex_into(std::string_view text, std::span<std::uint8_t> to);
std::optional<std::vector<std::uint8_t>> parse_hex(std::string_view text);
Result<Hash32> parse_hash32(std::string_view text);

// Both alphabets (+/ and -_), padding optional: the venue hands out either.
bool decode_base64(std::string_view text, std::vector<std::uint8_t>& to);
// URL-safe alphabet, padding kept, as the venue's HMAC headers want it.
std::string encode_base64url(Bytes bytes);

} // namespace polyquant::crypto
