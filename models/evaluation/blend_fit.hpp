// The blend of market and model that a running engine uses, fitted on every moment of the recorded
// books: what the study judges is fitted without the block it predicts, what is used later need not
// be.
#pragma once

#include "models/evaluation/market_evaluation.hpp"
#include "models/registry/fitted_blend.hpp"

namespace polyquant::models::evaluation {

struct BlendChoice {
    registry::ModelKind model = registry::ModelKind::closed_form;
    UtcTime until = UtcTime::max(); // windows that close later are left out
    std::string command{};          // as typed, without paths
};

// `study` is one of study_recorded_books(): BTC, spot-settled, each prediction made on data before
// it. Moments with an empty side of the book are left out, as they are in use. Refused: none left.
Result<registry::FittedBlend> fit_market_blend(MarketStudy const& study, BlendChoice const& choice);

} // namespace polyquant::models::evaluation
