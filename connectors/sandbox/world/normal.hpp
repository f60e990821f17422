// Normal draws and the normal distribution, the same on every machine.
#pragma once

#include "connectors/simulated/random.hpp"

#include <cmath>

namespace polyquant::sandbox {

// Sum of twelve uniforms: no library function whose last bit differs between machines. Tails end at
// six standard deviations; jumps and changing volatility make the heavy ones.
inline double gauss(simulated::Random& random) {
    double sum = -6;
    for (int i = 0; i < 12; ++i)
        sum += random.uniform();
    return sum;
}

inline double normal_cdf(double z) {
    return 0.5 * std::erfc(-z * 0.7071067811865476);
}

// At least 0; for means up to a few hundred.
inline int poisson(simulated::Random& random, double mean) {
    if (mean > 30) {
        auto const n = std::lround(mean + std::sqrt(mean) * gauss(random));
        return n > 0 ? static_cast<int>(n) : 0;
    }
    auto const limit = std::exp(-mean);
    int n = 0;
    for (auto product = random.uniform(); product > limit; product *= random.uniform())
        ++n;
    return n;
}

} // namespace polyquant::sandbox
