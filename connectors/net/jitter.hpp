// Random waiting times, injected so that tests and simulations repeat.
#pragma once

#include "engine/core/time.hpp"

#include <cstdint>
#include <functional>

namespace polyquant::net {

// A uniform number in 0..bound, both included.
using Random = std::function<std::uint64_t(std::uint64_t bound)>;

inline Nanos uniform_up_to(Nanos most, Random const& random) {
    if (most <= Nanos{0}) return Nanos{0};
    return Nanos{static_cast<std::int64_t>(random(static_cast<std::uint64_t>(most.count())))};
}

// base * 2^step, at most `most`.
constexpr Nanos doubled(Nanos base, int step, Nanos most) {
    for (; step > 0 && base < most; --step)
        base *= 2;
    return base < most ? base : most;
}

// Seeded from the system's entropy: two programs that lost one venue must not return in step.
Random random_from_entropy();
Random random_from_seed(std::uint64_t seed);

} // namespace polyquant::net
