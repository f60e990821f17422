// Features of a whole history at once, for training and evaluation: FeatureEngine over its bars.
#pragma once

#include "engine/core/market.hpp"
#include "models/features.hpp"

#include <span>
#include <vector>

namespace polyquant::models {

// One row a bar, in order; gaps restart the windows as FeatureEngine says. Fails on the first bar
// that cannot be true or goes back in time, naming its position and open time.
Result<std::vector<FeatureRow>> compute_features(std::span<Bar const> bars);

} // namespace polyquant::models
