#include "connectors/simulated/latency_model.hpp"

#include <cmath>
#include <numbers>

namespace polyquant::simulated {

namespace {

constexpr double normal_quantile_99 = 2.3263478740408408;

} // namespace

LatencyModel::LatencyModel(config::LatencyModel kind, Millis median, Millis p99)
    : median_us_{static_cast<double>(std::chrono::microseconds{median}.count())}, sigma_{0} {
    if (kind == config::LatencyModel::lognormal && median.count() > 0 && p99 > median)
        sigma_ = std::log(static_cast<double>(p99.count()) / static_cast<double>(median.count())) /
                 normal_quantile_99;
}

Nanos LatencyModel::sample(Random& random) const {
    auto const u = 1.0 - random.uniform(); // in (0, 1]
    auto const v = random.uniform();
    auto const normal = std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
    // Whole microseconds hide the last-digit differences between mathematical libraries.
    auto const us = std::llround(median_us_ * std::exp(sigma_ * normal));
    return std::chrono::microseconds{us};
}

} // namespace polyquant::simulated
