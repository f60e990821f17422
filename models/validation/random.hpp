// Seeded random numbers, the same on every machine and with every standard library: bootstraps,
// simulations and shuffles must give the same bytes for the same seed.
#pragma once

#include "engine/core/random.hpp"

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace polyquant::models::validation {

class SeededRandom : public Xoshiro256 {
public:
    using Xoshiro256::Xoshiro256;

    // In [0, n); n > 0. The bias of the multiply-shift is below n / 2^64.
    std::size_t below(std::size_t n) {
        return static_cast<std::size_t>((static_cast<unsigned __int128>(next()) * n) >> 64);
    }

    // Standard normal by Marsaglia's polar method.
    double normal() {
        if (has_spare_) {
            has_spare_ = false;
            return spare_;
        }
        double u = 0, v = 0, s = 0;
        do {
            u = 2 * uniform() - 1;
            v = 2 * uniform() - 1;
            s = u * u + v * v;
        } while (s >= 1 || s == 0);
        auto const scale = std::sqrt(-2 * std::log(s) / s);
        spare_ = v * scale;
        has_spare_ = true;
        return u * scale;
    }

    // Fisher-Yates.
    template <class T>
    void shuffle(std::vector<T>& items) {
        for (std::size_t i = items.size(); i > 1; --i)
            std::swap(items[i - 1], items[below(i)]);
    }

private:
    double spare_ = 0;
    bool has_spare_ = false;
};

} // namespace polyquant::models::validation
