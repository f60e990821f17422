// How numbers of the trade become few bytes: most prices are whole cents, most sizes have at most
// two decimals, most times whole milliseconds, most coin prices a few decimals.
#pragma once

#include "connectors/tape/bytes.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace polyquant::tape {

// Units a value is tried in, coarse to fine; the two low bits of the varint say which was used.
struct Units {
    std::int64_t coarse;
    std::int64_t fine;
};

inline constexpr Units time_units{1'000'000, 1'000};  // of nanoseconds: ms, us
inline constexpr Units price_units{10'000, 1'000};    // of micros: 0.01, 0.001
inline constexpr Units size_units{1'000'000, 10'000}; // of micros: 1, 0.01
inline constexpr Units coin_units{1'000'000, 100};    // of 1e-8 USD: 0.01, 1e-6

constexpr std::uint64_t zigzag_of(std::int64_t v) {
    return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}

constexpr std::int64_t from_zigzag(std::uint64_t v) {
    return static_cast<std::int64_t>((v >> 1) ^ (~(v & 1) + 1));
}

// Differences wrap, so that any two values have one: decoding adds it back with wrapping.
constexpr std::int64_t wrapping_difference(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

constexpr std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

constexpr std::int64_t wrapping_product(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

inline void put_scaled(ByteSink& out, std::int64_t value, Units units) {
    if (value % units.coarse == 0) return out.varint(zigzag_of(value / units.coarse) << 2);
    if (value % units.fine == 0) return out.varint((zigzag_of(value / units.fine) << 2) | 1);
    auto const plain = zigzag_of(value);
    if (plain < (std::uint64_t{1} << 62)) return out.varint((plain << 2) | 2);
    out.varint(3);
    out.fixed(value);
}

inline std::int64_t take_scaled(ByteSource& in, Units units) {
    auto const v = in.varint();
    auto const scaled = from_zigzag(v >> 2);
    switch (v & 3) {
    case 0: return wrapping_product(scaled, units.coarse);
    case 1: return wrapping_product(scaled, units.fine);
    case 2: return scaled;
    default: return in.fixed<std::int64_t>();
    }
}

inline constexpr double powers_of_ten[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
inline constexpr int decimals_max = 8;
inline constexpr int not_decimal = 15;

// The double that stands for mantissa / 10^decimals: both are exact, so the quotient is the one
// that parsing the decimal text gives.
inline double from_decimal(std::int64_t mantissa, int decimals) {
    return static_cast<double>(mantissa) / powers_of_ten[decimals];
}

// The mantissa of `value` with that many decimals, if this gives back the same bits.
inline bool to_decimal(double value, int decimals, std::int64_t& mantissa) {
    auto const scaled = value * powers_of_ten[decimals];
    if (!(std::fabs(scaled) < 9e15)) return false;
    mantissa = std::llround(scaled);
    return std::bit_cast<std::uint64_t>(from_decimal(mantissa, decimals)) ==
           std::bit_cast<std::uint64_t>(value);
}

} // namespace polyquant::tape
