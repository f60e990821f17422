// Random numbers that are the same on every machine: the standard library's distributions are not,
// and a seed must reproduce a run exactly.
#pragma once

#include <array>
#include <cstdint>

namespace polyquant {

// splitmix64 (Steele, Lea, Flood 2014): mixes a seed, and hashes small inputs.
constexpr std::uint64_t splitmix64(std::uint64_t& state) {
    state += 0x9e3779b97f4a7c15ULL;
    auto z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

// xoshiro256** 1.0 (Blackman and Vigna, https://prng.di.unimi.it), seeded by splitmix64.
class Xoshiro256 {
public:
    explicit constexpr Xoshiro256(std::uint64_t seed) {
        for (auto& word : state_)
            word = splitmix64(seed);
    }

    constexpr std::uint64_t next() {
        auto const result = rotate(state_[1] * 5, 7) * 9;
        auto const t = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= t;
        state_[3] = rotate(state_[3], 45);
        return result;
    }

    // In [0, 1), 53 bits.
    constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

private:
    static constexpr std::uint64_t rotate(std::uint64_t x, int k) {
        return (x << k) | (x >> (64 - k));
    }

    std::array<std::uint64_t, 4> state_{};
};

} // namespace polyquant
