// Logistic regression by Newton's method: small, exact, deterministic; made for the tens of columns
// and up to a million rows of our training sets.
#pragma once

#include "models/validation/rows.hpp"

#include <span>
#include <vector>

namespace polyquant::models::calibration {

struct LogisticOptions {
    // Objective: sum of weighted log losses + 0.5 * l2 * |coefficients|^2; the intercept is free.
    double l2 = 0;
    int iterations_max = 50;
    double gradient_max = 1e-8; // converged when no gradient entry per unit of weight exceeds it
};

struct LogisticFit {
    std::vector<double> coefficients;
    double intercept = 0;
    int iterations = 0;
    bool converged = false; // false also where the data are separable and l2 is 0

    double linear(std::span<double const> row) const;
    double probability(std::span<double const> row) const;
};

// `targets` in [0, 1] (soft targets allowed); `weights` empty or one non-negative weight a row.
// Refused: rows and targets of different number, cells that are not finite, no rows.
Result<LogisticFit> fit_logistic(
    validation::Rows rows,
    std::span<double const> targets,
    std::span<double const> weights,
    LogisticOptions const& options
);

double sigmoid(double x);
// ln(p / (1-p)) with p kept within [1e-9, 1 - 1e-9].
double logit(double p);

} // namespace polyquant::models::calibration
