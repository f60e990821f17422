// Weights of an ensemble's members: non-negative, adding up to 1, chosen for the log loss of the
// blend on data none of the members was trained on.
#pragma once

#include "models/validation/rows.hpp"

#include <span>
#include <vector>

namespace polyquant::models::calibration {

struct StackFit {
    std::vector<double> weights;
    double log_loss = 0; // of the blend on the data it was fitted on
    int rounds = 0;
};

// `promised` has one column a member. Expectation-maximisation for mixture weights: every round
// lowers the log loss or leaves it, and keeps the simplex. `prior` imagined rows spread evenly over
// the members keep small samples near equal weights. Refused: no rows, a promise outside [0, 1].
Result<StackFit>
fit_stack(validation::Rows promised, std::span<double const> outcomes, double prior = 20);

double blend(std::span<double const> weights, std::span<double const> promised);

} // namespace polyquant::models::calibration
