// A 20-byte Ethereum address.
#pragma once

#include "connectors/crypto/bytes.hpp"

#include <compare>

namespace polyquant::crypto {

struct Address {
    std::array<std::uint8_t, 20> bytes{};

    friend constexpr auto operator<=>(Address const&, Address const&) = default;

    bool is_zero() const { return *this == Address{}; }
};

// One case throughout is taken as it is; mixed case must carry the right EIP-55 checksum, so that a
// mistyped funder address is refused before money goes there.
Result<Address> parse_address(std::string_view text);
// With 0x and EIP-55 checksum.
std::string to_string(Address const& address);
// "0xf39F..2266"
std::string short_text(Address const& address);

} // namespace polyquant::crypto
