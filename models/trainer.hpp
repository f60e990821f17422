// From bars to a trained model. Pure and deterministic: the same bars and parameters give the same
// bytes. Blocks for some milliseconds; run it off the trading thread.
#pragma once

#include "engine/core/market.hpp"
#include "models/trained_model.hpp"

#include <span>

namespace polyquant::models {

// Uses only labels whose future lies inside `bars`, without a gap in between. Columns of the
// feature set that are NaN in every row are left out and named; of the rest, a row with any NaN is
// dropped and counted. Fails on bars that cannot be true, with fewer than rows_min clean rows, when
// one class is missing, and when the solver does not converge.
Result<TrainedModel> train(std::span<Bar const> bars, TrainParams const& params);

// The same for a slice of a longer history whose features are known: rows[i] belongs to bars[i].
// Walk-forward evaluation computes the features once.
Result<TrainedModel> train_on_rows(
    std::span<Bar const> bars, std::span<FeatureRow const> rows, TrainParams const& params
);

// Identity of the bars that went into a model, 16 hex digits.
std::string hash_of(std::span<Bar const> bars);

// The training target of bars[t]: whether the close `horizon` bars later is higher. Empty when that
// bar is not there or lies across a gap.
std::optional<bool> target_up(std::span<Bar const> bars, std::size_t t, std::size_t horizon);

} // namespace polyquant::models
