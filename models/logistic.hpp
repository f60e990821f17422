// Standard scaling and L2-regularised logistic regression, solved exactly by Newton's method.
#pragma once

#include "engine/core/failure.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace polyquant::models {

// Training rows: row-major values without NaN, and for each row whether the target is Up.
struct Sample {
    std::size_t columns = 0;
    std::vector<double> values{};
    std::vector<std::uint8_t> up{};

    std::size_t rows() const { return up.size(); }

    std::span<double const> row(std::size_t i) const {
        return std::span{values}.subspan(i * columns, columns);
    }
};

// Per column: mean and population deviation (ddof 0); a constant column gets the scale 1.
struct StandardScaler {
    std::vector<double> means;
    std::vector<double> scales;

    static StandardScaler fit(Sample const& sample);
    void apply(Sample& sample) const;
};

// Minimises c * sum(weight_i * logloss_i) + 0.5 |coefficients|^2; the intercept is free. Balanced
// weights are rows / (2 * rows of the class), as scikit-learn's class_weight="balanced".
struct LogisticParams {
    double c = 0.1;
    bool balanced = true;
    double gradient_norm_max = 1e-8;
    int iterations_max = 100;
};

struct LogisticFit {
    std::vector<double> coefficients;
    double intercept = 0;
    int iterations = 0;
    double gradient_norm = 0; // Euclidean, intercept included
    bool converged = false;
};

// Fails on an empty sample, a value that is not finite, c <= 0, or when only one class occurs.
// Separable data converges too: the penalty bounds the coefficients. The sums run in row order on
// one thread, so that the same data give the same bits everywhere.
Result<LogisticFit> fit_logistic(Sample const& sample, LogisticParams const& params);

} // namespace polyquant::models
