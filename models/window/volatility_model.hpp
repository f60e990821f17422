// The volatility forecast the window model uses: non-negative weights over the estimators, fitted
// by QLIKE, one set per horizon; with the figures that justify the choice.
//
// QLIKE(f) = ln f + v / f for a forecast f and a realised variance v: the loss that ranks forecasts
// rightly although v is only a noisy look at the variance (Patton 2011).
#pragma once

#include "models/window/volatility.hpp"

#include <span>
#include <string>
#include <vector>

namespace polyquant::models::window {

inline constexpr std::array<int, 4> forecast_horizons_minutes{1, 2, 3, 4};

struct VolatilityModel {
    TimeOfDayProfile profile = TimeOfDayProfile::flat();
    // [horizon][estimator]; the forecast is the weighted sum of variances.
    std::array<EstimatorValues, forecast_horizons_minutes.size()> weights{};
    // Relative standard deviation of sigma around its forecast, net of the noise of measuring it.
    double sigma_relative_sd = 0;

    // Before any fit: the 30-minute EWMA alone.
    static VolatilityModel unfitted();

    // Per square-root second over the next `seconds`; the nearest horizon's weights are used.
    double sigma(VolatilityState const& state, UtcTime from, double seconds) const;
};

// One line of the selection report: held-out QLIKE per horizon, relative to the best (0 = best).
struct VolatilityScore {
    std::string name;
    std::array<double, forecast_horizons_minutes.size()> qlike{};
};

struct VolatilityFit {
    VolatilityModel model;
    std::vector<VolatilityScore> scores; // every estimator, their combination, without the profile
    std::size_t train_rows = 0;
    std::size_t held_out_rows = 0;
};

// `bars` are 1-minute bars in order, gaps allowed. Bars that close after `train_end` are held out
// for the scores; weights, profile and uncertainty come from the bars before it alone.
Result<VolatilityFit> fit_volatility(std::span<Bar const> bars, UtcTime train_end);

// Weights >= 0 that minimise mean QLIKE of `forecasts` (rows of estimator values) against
// `realised`, by multiplicative updates, which never raise it (Fevotte and Idier 2011, the
// Itakura-Saito case).
EstimatorValues
fit_qlike_weights(std::span<EstimatorValues const> forecasts, std::span<double const> realised);

double mean_qlike(std::span<double const> forecasts, std::span<double const> realised);

} // namespace polyquant::models::window
