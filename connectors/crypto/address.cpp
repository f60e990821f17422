#include "connectors/crypto/address.hpp"

#include "connectors/crypto/keccak.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::crypto {

namespace {

bool has_mixed_case(std::string_view digits) {
    auto const lower = std::ranges::any_of(digits, [](char c) { return c >= 'a' && c <= 'f'; });
    auto const upper = std::ranges::any_of(digits, [](char c) { return c >= 'A' && c <= 'F'; });
    return lower && upper;
}

} // namespace

Result<Address> parse_address(std::string_view text) {
    Address address;
    auto const shown = text.substr(0, 60);
    if (!parse_hex_into(text, address.bytes))
        return Failure{
            Fault::parse,
            "address",
            fmt::format("\"{}\" is not an address: 0x and 40 hex digits", shown)
        };
    auto const digits = text.substr(text.size() - 40);
    if (has_mixed_case(digits) && digits != std::string_view{to_string(address)}.substr(2))
        return Failure{
            Fault::parse,
            "address",
            fmt::format("\"{}\" fails its checksum: check it for a typing error", shown)
        };
    return address;
}

std::string to_string(Address const& address) {
    auto digits = to_hex(address.bytes);
    auto const hash = keccak256(digits);
    for (std::size_t i = 0; i < digits.size(); ++i) {
        auto const nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15;
        if (nibble >= 8 && digits[i] >= 'a') digits[i] = static_cast<char>(digits[i] - 'a' + 'A');
    }
    return "0x" + digits;
}

std::string short_text(Address const& address) {
    auto const text = to_string(address);
    return text.substr(0, 6) + ".." + text.substr(text.size() - 4);
}

} // namespace polyquant::crypto
