// Logistic regression on top of given log-odds, its coefficients drawn towards 0: what a forecast
// needs to be corrected by, where without evidence it needs nothing.
#pragma once

#include "models/validation/rows.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::models::calibration {

// Minimises sum of weighted log losses of sigmoid(start + cells * coefficients)
//   + 0.5 * sum of ridge * coefficient^2
// by Newton's method. No intercept of its own: give a column of ones. `weights` empty: 1 a row.
// Refused: no rows, lists of different length, values that are not finite, a ridge that is not
// positive.
Result<std::vector<double>> fit_ridge_correction(
    validation::Rows cells,
    std::span<double const> start,
    std::span<double const> targets,
    std::span<double const> weights,
    std::span<double const> ridge
);

// Corrects a promise by its log-odds' slope, one for each moment before the close (linear between
// moments, constant outside), and a shift common to all, both drawn towards no correction: a week
// of outcomes says little, and four moments of one window say the same. On minute bars of 27
// November 2025 to 31 March 2026 (BTC and ETH, refitted every day on the 7 to 28 days before) this
// left a lower log loss than no correction and than free slopes did; free slopes a moment were no
// better than one that is linear in the logarithm of time.
class MomentCalibrator {
public:
    static constexpr std::array<double, 4> moments{60, 120, 180, 240}; // seconds left
    static constexpr double slope_ridge = 200;
    static constexpr double shift_ridge = 1000;

    // Leaves promises as they are.
    MomentCalibrator() = default;

    static Result<MomentCalibrator>
    fit(std::span<double const> promised,
        std::span<double const> seconds_left,
        std::span<double const> outcomes);

    // Rises with `promised`: a fit in which it would not is refused.
    double apply(double promised, double seconds_left) const;

    // "moments 1.02 0.99 1.01 1 -0.002": slopes and shift; parse() reads it back exactly.
    std::string print() const;
    static Result<MomentCalibrator> parse(std::string_view text);

private:
    std::array<double, moments.size()> slopes_{1, 1, 1, 1};
    double shift_ = 0;
};

} // namespace polyquant::models::calibration
