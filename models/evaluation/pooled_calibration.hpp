// Calibration learned from all coins together: four times the outcomes, if the coins err alike.
#pragma once

#include "models/evaluation/bar_evaluation.hpp"

#include <vector>

namespace polyquant::models::evaluation {

// Fills the pooled lists of every coin's test rows: before each test day the maps are fitted on the
// uncalibrated stacks of all coins on all days before it, or on the newest of them.
void calibrate_pooled(std::vector<CoinEvaluation>& coins);

} // namespace polyquant::models::evaluation
