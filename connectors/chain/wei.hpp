// Amounts of the chain's own coin. Balances exceed 64 bits (18.4 POL), so they are wider than
// everything else here; prices of gas fit 64 bits.
#pragma once

#include "engine/core/failure.hpp"

#include <compare>
#include <cstdint>
#include <string>

namespace polyquant::chain {

__extension__ using Wide = unsigned __int128;

// 1e-18 POL.
struct Wei {
    Wide value = 0;

    friend constexpr bool operator==(Wei, Wei) = default;
    friend constexpr auto operator<=>(Wei, Wei) = default;
};

constexpr std::uint64_t gwei(std::uint64_t n) {
    return n * 1'000'000'000;
}

constexpr Wei operator+(Wei a, Wei b) {
    return {a.value + b.value};
}

// What `gas` units cost at `price` wei each.
constexpr Wei gas_cost(std::uint64_t gas, std::uint64_t price) {
    return {Wide{gas} * price};
}

// Decimal digits of the count of wei.
std::string to_string(Wei amount);
// "0.0123 POL": six decimals, rounded up so that a need is never understated.
std::string to_pol_text(Wei amount);
// "30 gwei", "1.5 gwei"
std::string to_gwei_text(std::uint64_t price);

} // namespace polyquant::chain
