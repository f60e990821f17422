// A seeded random walk of one-minute bars with every column present, the same on every machine.
#pragma once

#include "engine/core/market.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace polyquant::models {

class RandomBars {
public:
    explicit RandomBars(std::uint64_t seed, double start = 95'000) : state_{seed}, close_{start} {}

    Bar next() {
        Bar bar{.open_time = utc_from_seconds(1'700'000'100 + 60 * count_++)};
        bar.open = close_;
        bar.close = close_ = cents_of(close_ * (1 + 6e-4 * (uniform() + uniform() - 1)));
        bar.high = cents_of(std::max(bar.open, bar.close) * (1 + 2e-4 * uniform()) + 0.01);
        bar.low = cents_of(std::min(bar.open, bar.close) * (1 - 2e-4 * uniform()) - 0.01);
        bar.volume = 1 + 20 * uniform() * uniform();
        bar.trades = std::floor(100 + 1000 * uniform());
        bar.taker_buy_base = bar.volume * (0.1 + 0.8 * uniform());
        return bar;
    }

    std::vector<Bar> next(std::size_t n) {
        std::vector<Bar> bars;
        for (std::size_t i = 0; i < n; ++i)
            bars.push_back(next());
        return bars;
    }

private:
    static double cents_of(double usd) { return std::round(usd * 100) / 100; }

    // SplitMix64: the standard library's distributions differ between implementations.
    double uniform() {
        state_ += 0x9e37'79b9'7f4a'7c15U;
        auto z = state_;
        z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9U;
        z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebU;
        return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
    }

    std::uint64_t state_;
    std::int64_t count_ = 0;
    double close_;
};

} // namespace polyquant::models
