#include "connectors/simulated/latency_model.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace polyquant::simulated {

namespace {

constexpr double normal_quantile_99 = 2.3263478740408408;

} // namespace

LatencyModel::LatencyModel(
    config::LatencyModel kind,
    Millis median,
    Millis p99,
    std::vector<double> quantiles,
    double scale
)
    : median_us_{static_cast<double>(std::chrono::microseconds{median}.count())}, sigma_{0} {
    if (kind == config::LatencyModel::lognormal && median.count() > 0 && p99 > median)
        sigma_ = std::log(static_cast<double>(p99.count()) / static_cast<double>(median.count())) /
                 normal_quantile_99;
    if (kind != config::LatencyModel::measured) return;
    constexpr double us_per_ms = 1000;
    for (auto const ms : quantiles)
        quantiles_us_.push_back(ms * us_per_ms * scale);
}

Nanos LatencyModel::sample(Random& random) const {
    auto const u = 1.0 - random.uniform(); // in (0, 1]
    auto const v = random.uniform();
    if (!quantiles_us_.empty()) {
        auto const at = v * static_cast<double>(quantiles_us_.size() - 1);
        auto const low = static_cast<std::size_t>(at);
        auto const high = std::min(low + 1, quantiles_us_.size() - 1);
        auto const part = at - static_cast<double>(low);
        return std::chrono::microseconds{
            std::llround(quantiles_us_[low] + part * (quantiles_us_[high] - quantiles_us_[low]))
        };
    }
    auto const normal = std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
    // Whole microseconds hide the last-digit differences between mathematical libraries.
    auto const us = std::llround(median_us_ * std::exp(sigma_ * normal));
    return std::chrono::microseconds{us};
}

} // namespace polyquant::simulated
