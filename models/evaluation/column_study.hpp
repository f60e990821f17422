// Further columns on trial: the book where quotes were recorded, values from a file, and two made
// up ones that show whether the trial can tell.
#pragma once

#include "models/calibration/column_trial.hpp"
#include "models/evaluation/bar_evaluation.hpp"
#include "models/evaluation/market_evaluation.hpp"
#include "models/window/external_features.hpp"

#include <vector>

namespace polyquant::models::evaluation {

// Imbalance of the best sizes, and the spread (which can only stretch or shrink
// a forecast, so it enters times its log-odds), on top of a model of the study
// and of the market's own mid.
Result<std::vector<calibration::ColumnTrial>>
study_book_columns(MarketStudy const& study, std::size_t model, std::uint64_t seed);

// Each column's level, its change over five minutes, and its level times the
// forecast's log-odds, on top of the stacked model of the coin. Fails where the
// file is stale at most test moments.
Result<std::vector<calibration::ColumnTrial>> study_external_columns(
    CoinEvaluation const& coin,
    window::ExternalFeatures const& features,
    Nanos age_max,
    std::uint64_t seed
);

// A column of noise and one that knows a little of each outcome, in a file made up for the coin's
// test windows: the first must be rejected, the second kept.
window::ExternalFeatures
made_up_features(CoinEvaluation const& coin, double knowledge, std::uint64_t seed);

} // namespace polyquant::models::evaluation
