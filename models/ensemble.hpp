// Blends the learned model with the heuristic.
#pragma once

#include "engine/core/market.hpp"

#include <array>
#include <optional>
#include <string>

namespace polyquant::models {

// Non-negative, adding up to 1. A part with weight 0 is not needed for the blend.
struct EnsembleWeights {
    double learned = 0.7;
    double heuristic = 0.3;
};

// One pair an asset, in the order of Asset.
using AssetWeights = std::array<EnsembleWeights, asset_count>;

// What is wrong with the weights; empty if nothing.
std::string defect_of(EnsembleWeights const& weights);

// P(UP) of the ensemble. Empty where a part that carries weight is missing: no opinion, which is
// 0.5 and not to be traded. P(DOWN) is 1 - P(UP).
constexpr std::optional<double> blend(
    std::optional<double> learned, std::optional<double> heuristic, EnsembleWeights const& weights
) {
    double up = 0;
    if (weights.learned > 0) {
        if (!learned) return std::nullopt;
        up += weights.learned * *learned;
    }
    if (weights.heuristic > 0) {
        if (!heuristic) return std::nullopt;
        up += weights.heuristic * *heuristic;
    }
    return up;
}

} // namespace polyquant::models
