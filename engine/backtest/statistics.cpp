#include "engine/backtest/statistics.hpp"

#include "engine/core/failure.hpp"
#include "models/validation/random.hpp"
#include "models/window/tail_shape.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace polyquant::backtest {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double z95 = 1.959963984540054;
constexpr double euler_mascheroni = 0.57721566490153286;

// Equal values differ by rounding only.
bool varies(Moments const& m) {
    return m.sd > 1e-12 * std::abs(m.mean);
}

double sortino_of(std::span<double const> returns) {
    double sum = 0, below = 0;
    for (auto const r : returns) {
        sum += r;
        below += r < 0 ? r * r : 0;
    }
    auto const n = static_cast<double>(returns.size());
    return below > 0 ? sum / n / std::sqrt(below / n) : nan;
}

} // namespace

Moments moments_of(std::span<double const> values) {
    Moments m;
    m.count = values.size();
    if (values.empty()) return m;
    auto const n = static_cast<double>(values.size());
    for (auto const v : values)
        m.mean += v / n;
    double m2 = 0, m3 = 0, m4 = 0;
    for (auto const v : values) {
        auto const d = v - m.mean;
        m2 += d * d / n;
        m3 += d * d * d / n;
        m4 += d * d * d * d / n;
    }
    if (values.size() > 1) m.sd = std::sqrt(m2 * n / (n - 1));
    if (m2 > 0) {
        m.skewness = m3 / std::pow(m2, 1.5);
        m.kurtosis = m4 / (m2 * m2);
    }
    return m;
}

Ratio sharpe_ratio(std::span<double const> returns) {
    auto const m = moments_of(returns);
    Ratio ratio{nan, nan, nan, m.count};
    if (m.count < 3 || !varies(m)) return ratio;
    ratio.value = m.mean / m.sd;
    auto const s = ratio.value;
    auto const variance =
        (1 - m.skewness * s + (m.kurtosis - 1) / 4 * s * s) / static_cast<double>(m.count - 1);
    auto const half = z95 * std::sqrt(std::max(variance, 0.0));
    ratio.low = s - half;
    ratio.high = s + half;
    return ratio;
}

Ratio sortino_ratio(std::span<double const> returns, std::uint64_t seed, std::size_t resamples) {
    Ratio ratio{nan, nan, nan, returns.size()};
    if (returns.size() < 3) return ratio;
    ratio.value = sortino_of(returns);
    if (std::isnan(ratio.value)) return ratio;
    models::validation::SeededRandom random{seed};
    std::vector<double> drawn(returns.size()), values;
    for (std::size_t i = 0; i < resamples; ++i) {
        for (auto& r : drawn)
            r = returns[random.below(returns.size())];
        // A draw without a loss has no finite ratio; it lies above all others.
        auto const value = sortino_of(drawn);
        values.push_back(std::isnan(value) ? std::numeric_limits<double>::infinity() : value);
    }
    std::sort(values.begin(), values.end());
    ratio.low = quantile(values, 0.025);
    ratio.high = quantile(values, 0.975);
    return ratio;
}

double probabilistic_sharpe(std::span<double const> returns, double benchmark) {
    auto const m = moments_of(returns);
    if (m.count < 3 || !varies(m)) return nan;
    auto const s = m.mean / m.sd;
    auto const variance = 1 - m.skewness * s + (m.kurtosis - 1) / 4 * s * s;
    if (!(variance > 0)) return nan;
    return models::window::normal_cdf(
        (s - benchmark) * std::sqrt(static_cast<double>(m.count - 1)) / std::sqrt(variance)
    );
}

double expected_best_sharpe(std::size_t trials, double sharpe_sd_of_trials) {
    if (trials <= 1) return 0;
    auto const n = static_cast<double>(trials);
    return sharpe_sd_of_trials * ((1 - euler_mascheroni) * inverse_normal(1 - 1 / n) +
                                  euler_mascheroni * inverse_normal(1 - 1 / (n * std::numbers::e)));
}

double
deflated_sharpe(std::span<double const> returns, std::size_t trials, double sharpe_sd_of_trials) {
    return probabilistic_sharpe(returns, expected_best_sharpe(trials, sharpe_sd_of_trials));
}

double corrected_p_value(double p, std::size_t trials) {
    return -std::expm1(static_cast<double>(trials) * std::log1p(-std::clamp(p, 0.0, 1.0 - 1e-16)));
}

Drawdown max_drawdown(std::span<double const> equity) {
    Drawdown worst;
    worst.recovered = equity.size();
    std::size_t peak = 0;
    for (std::size_t i = 0; i < equity.size(); ++i) {
        if (equity[i] >= equity[peak]) peak = i;
        auto const fall = equity[peak] - equity[i];
        if (fall > worst.depth) worst = {fall, peak, i, equity.size()};
    }
    if (worst.depth > 0)
        for (auto i = worst.trough; i < equity.size(); ++i)
            if (equity[i] >= equity[worst.peak]) {
                worst.recovered = i;
                break;
            }
    return worst;
}

std::size_t longest_losing_streak(std::span<double const> results) {
    std::size_t longest = 0, now = 0;
    for (auto const r : results) {
        now = r < 0 ? now + 1 : 0;
        longest = std::max(longest, now);
    }
    return longest;
}

double quantile(std::span<double const> sorted, double share) {
    if (sorted.empty()) return nan;
    auto const at = std::clamp(share, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
    auto const low = static_cast<std::size_t>(at);
    auto const high = std::min(low + 1, sorted.size() - 1);
    auto const part = at - static_cast<double>(low);
    if (part == 0 || sorted[low] == sorted[high]) return sorted[low];
    return sorted[low] + part * (sorted[high] - sorted[low]);
}

// Bisection on the distribution function: exact to double precision where it is steep, and called
// a few times a report.
double inverse_normal(double p) {
    ENSURE(p > 0 && p < 1, "a probability inside (0, 1)");
    double low = -40, high = 40;
    for (int i = 0; i < 200; ++i) {
        auto const middle = (low + high) / 2;
        (models::window::normal_cdf(middle) < p ? low : high) = middle;
    }
    return (low + high) / 2;
}

} // namespace polyquant::backtest
