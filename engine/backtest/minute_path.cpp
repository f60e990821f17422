#include "engine/backtest/minute_path.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace polyquant::backtest {

namespace {

constexpr int last_second = 60;

double normal(Xoshiro256& random) {
    auto const u = 1.0 - random.uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * random.uniform());
}

// Back into [low, high] as from mirrors at both ends.
double reflect(double price, double low, double high) {
    auto const width = high - low;
    if (!(width > 0)) return low;
    auto const turns = std::fmod(std::abs(price - low), 2 * width);
    return low + (turns <= width ? turns : 2 * width - turns);
}

} // namespace

std::array<double, 61> minute_path(Bar const& bar, std::uint64_t seed) {
    Xoshiro256 random{seed};
    // The extremes' seconds are early and late ones alike; which comes first depends a little on
    // the way the bar went, as it does for a random walk.
    auto const first_at = 1 + static_cast<int>(random.uniform() * 29);
    auto const second_at = 30 + static_cast<int>(random.uniform() * 29);
    auto const rose = bar.close >= bar.open;
    auto const low_first = random.uniform() < (rose ? 0.65 : 0.35);

    struct Point {
        int second;
        double price;
    };

    std::array<Point, 4> const points{{
        {0, bar.open},
        {first_at, low_first ? bar.low : bar.high},
        {second_at, low_first ? bar.high : bar.low},
        {last_second, bar.close},
    }};
    // The range of a random walk of n steps is about 1.6 deviations of the whole.
    auto const step = (bar.high - bar.low) / (1.6 * std::sqrt(double{last_second}));
    std::array<double, 61> path{};
    for (std::size_t leg = 0; leg + 1 < points.size(); ++leg) {
        auto const [from, from_price] = points[leg];
        auto const [to, to_price] = points[leg + 1];
        auto price = from_price;
        path[static_cast<std::size_t>(from)] = from_price;
        for (auto second = from + 1; second < to; ++second) {
            auto const left = static_cast<double>(to - second + 1);
            price +=
                (to_price - price) / left + step * std::sqrt((left - 1) / left) * normal(random);
            price = reflect(price, bar.low, bar.high);
            path[static_cast<std::size_t>(second)] = price;
        }
        path[static_cast<std::size_t>(to)] = to_price;
    }
    return path;
}

} // namespace polyquant::backtest
