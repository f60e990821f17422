#include "models/ensemble.hpp"

#include <fmt/format.h>

#include <cmath>

namespace polyquant::models {

std::string defect_of(EnsembleWeights const& weights) {
    double const sum = weights.learned + weights.heuristic;
    if (weights.learned >= 0 && weights.heuristic >= 0 && std::abs(sum - 1) <= 1e-9) return "";
    return fmt::format(
        "ensemble weights must be non-negative and add up to 1, not {} and {}",
        weights.learned,
        weights.heuristic
    );
}

} // namespace polyquant::models
