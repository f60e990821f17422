// A 64-bit FNV-1a hash for noticing that data or files are not the ones they were. It guards
// against accidents, not against an adversary.
#pragma once

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace polyquant::models {

class Fingerprint {
public:
    void add(std::string_view text) {
        for (char c : text)
            mix(static_cast<unsigned char>(c));
    }

    void add(std::int64_t value) { mix(static_cast<std::uint64_t>(value)); }

    // All NaNs are one value and -0 is not +0: the bits of a number are its identity.
    void add(double value) {
        mix(std::isnan(value) ? 0x7ff8'0000'0000'0000U : std::bit_cast<std::uint64_t>(value));
    }

    std::uint64_t value() const { return state_; }

    std::string hex() const { return fmt::format("{:016x}", state_); }

private:
    // FNV-1a takes bytes; whole words would leave the low bits blind to the high ones, hence the
    // fold.
    void mix(std::uint64_t word) {
        state_ ^= word;
        state_ *= 0x0000'0100'0000'01b3U;
        state_ ^= state_ >> 32;
    }

    std::uint64_t state_ = 0xcbf2'9ce4'8422'2325U;
};

} // namespace polyquant::models
