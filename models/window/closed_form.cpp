#include "models/window/closed_form.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace polyquant::models::window {

double effective_seconds(double seconds_left, double average_seconds) {
    auto const tau = std::max(seconds_left, 0.0);
    auto const length = std::max(average_seconds, 0.0);
    if (tau >= length) return tau - length * (2.0 / 3.0);
    return tau * tau * tau / (3 * length * length);
}

FinalValue final_value(WindowState const& state, Uncertainty const& uncertainty) {
    auto const tau = std::max(state.seconds_left, 0.0);
    auto const length = state.average_seconds;
    auto const mean = tau >= length
                          ? state.spot
                          : ((length - tau) * state.average_so_far + tau * state.spot) / length;
    auto const walk = uncertainty.sigma * uncertainty.sigma * effective_seconds(tau, length);
    auto const noise = uncertainty.price_noise * uncertainty.price_noise;
    return {mean, state.spot * std::sqrt(walk + noise)};
}

double z_score(WindowState const& state, Uncertainty const& uncertainty) {
    constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
    constexpr auto infinity = std::numeric_limits<double>::infinity();
    if (!(state.strike > 0) || !(state.spot > 0) || !(uncertainty.sigma >= 0)) return nan;
    auto const [mean, sd] = final_value(state, uncertainty);
    if (!(mean > 0) || std::isnan(sd)) return nan;
    auto const margin = mean - state.strike + 0.5 * uncertainty.grid;
    if (sd > 0) return margin / sd;
    return margin >= 0 ? infinity : -infinity;
}

double
up_probability(WindowState const& state, Uncertainty const& uncertainty, TailShape const& shape) {
    // P(final >= strike) = 1 - F(-z); written by symmetry of the argument, not of the shape.
    return 1 - shape.cdf(-z_score(state, uncertainty));
}

ProbabilityBand
up_band(WindowState const& state, Uncertainty const& uncertainty, TailShape const& shape) {
    auto calmer = uncertainty;
    auto wilder = uncertainty;
    calmer.sigma *= std::exp(-uncertainty.sigma_relative_sd);
    wilder.sigma *= std::exp(uncertainty.sigma_relative_sd);
    auto const a = up_probability(state, calmer, shape);
    auto const b = up_probability(state, wilder, shape);
    return {std::min(a, b), up_probability(state, uncertainty, shape), std::max(a, b)};
}

} // namespace polyquant::models::window
