// What the simulated venue draws: latencies and faults, all from the run's seed.
#pragma once

#include "engine/core/random.hpp"

namespace polyquant::simulated {

class Random : public Xoshiro256 {
public:
    using Xoshiro256::Xoshiro256;

    // In [0, n), n > 0. The bias of the modulo is below 2^-40 for the small n used here.
    constexpr std::uint64_t below(std::uint64_t n) { return next() % n; }

    // One draw whatever the chance, so that changing one chance does not shift the other draws.
    constexpr bool chance(double probability) { return uniform() < probability; }
};

} // namespace polyquant::simulated
