// Maps a model's probability to one that can be bet on, learned on data after the training block.
#pragma once

#include "engine/core/failure.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::models::calibration {

enum class CalibrationMethod : std::uint8_t { none, platt, isotonic, beta };
std::string_view to_string(CalibrationMethod method);
Result<CalibrationMethod> parse_calibration_method(std::string_view text);

// Immutable once fitted; apply() allocates nothing and is non-decreasing in p.
class Calibrator {
public:
    // Leaves probabilities as they are.
    Calibrator() = default;

    double apply(double p) const;

    CalibrationMethod method() const { return method_; }

    // One line of text that parse() reads back exactly: "platt 1.02 -0.01".
    std::string print() const;
    static Result<Calibrator> parse(std::string_view text);

private:
    friend Result<Calibrator> fit_platt(std::span<double const>, std::span<double const>);
    friend Result<Calibrator> fit_beta(std::span<double const>, std::span<double const>);
    friend Result<Calibrator>
    fit_isotonic(std::span<double const>, std::span<double const>, double);

    CalibrationMethod method_ = CalibrationMethod::none;
    // platt: slope, intercept on the log-odds. beta: a, b, c.
    // isotonic: knots x0 y0 x1 y1 ..., linear between, flat outside.
    std::vector<double> values_;
};

// All fits take promised probabilities and outcomes (0 or 1), at least 50 of each kind of outcome.

// Platt (1999) on the log-odds, with his smoothed targets (N+ + 1)/(N+ + 2) and 1/(N- + 2).
Result<Calibrator> fit_platt(std::span<double const> promised, std::span<double const> outcomes);

// Kull, Silva Filho and Flach (2017): logit q = a ln p - b ln(1 - p) + c with a, b >= 0.
Result<Calibrator> fit_beta(std::span<double const> promised, std::span<double const> outcomes);

// Pool adjacent violators. With `end_prior` > 0 every pooled block first gets that many imagined
// outcomes at its mean promise, so that no block promises 0 or 1; 0 is the plain algorithm.
Result<Calibrator> fit_isotonic(
    std::span<double const> promised, std::span<double const> outcomes, double end_prior = 1
);

Result<Calibrator> fit_calibrator(
    CalibrationMethod method, std::span<double const> promised, std::span<double const> outcomes
);

} // namespace polyquant::models::calibration
