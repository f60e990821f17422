// Calibration learned from all coins together: four times the outcomes, if the coins err alike.
#pragma once

#include "models/evaluation/bar_evaluation.hpp"

#include <vector>

namespace polyquant::models::evaluation {

// Fills pooled_slopes and pooled_isotonic of every coin's test rows: before each test day both maps
// are fitted on the uncalibrated stacks of all coins on all days before it.
void calibrate_pooled(std::vector<CoinEvaluation>& coins);

} // namespace polyquant::models::evaluation
