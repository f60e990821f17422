// What the baseline said at each window's start, trained walk-forward as it was.
#pragma once

#include "models/evaluation/bar_evaluation.hpp"

#include <span>
#include <vector>

namespace polyquant::models::evaluation {

struct BaselinePredictions {
    std::vector<double> heuristic; // 0.5 where it had too little to go on
    std::vector<double> ensemble;
};

// One pair per entry of `starts` (window starts in order of time, repeats allowed). Each block is
// predicted by a logistic model trained on the days of bars before it; a block without enough of
// them gets 0.5, the baseline's "no edge".
Result<BaselinePredictions> predict_at_window_starts(
    std::span<Bar const> bars, std::span<UtcTime const> starts, WalkForward const& walk_forward
);

} // namespace polyquant::models::evaluation
