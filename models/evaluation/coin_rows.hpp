// Rows of one coin cut by time and by column, and the choice of a tail shape.
#pragma once

#include "models/evaluation/bar_evaluation.hpp"

#include <span>
#include <string>
#include <vector>

namespace polyquant::models::evaluation {

struct Range {
    std::size_t first = 0;
    std::size_t last = 0;

    std::size_t size() const { return last - first; }
};

// Rows of one coin, split in time. A row belongs to the block its window starts in; the last window
// before a border ends at the border, so no outcome reaches over it.
struct Split {
    Range train;
    Range tune;
    Range test;
};

struct BoostingBlocks {
    validation::RowTable train;
    validation::RowTable tune;
    std::vector<std::string> names;
};

Split split_rows(window::WindowDataset const& dataset, EvaluationOptions const& options);

std::vector<double> outcomes_of(window::WindowDataset const& dataset, Range range);

std::vector<double>
column(window::WindowDataset const& dataset, Range range, window::WindowFeature feature);

// The tail shape is fitted on training moves and chosen on the tuning block.
window::TailShape
choose_shape(window::WindowDataset const& dataset, Split const& split, CoinEvaluation& coin);

// Columns that trees may use: without those whose size follows the coin's price or volume, and
// those never seen in training.
std::vector<std::size_t>
boosting_columns(window::WindowDataset const& dataset, Asset asset, Range train, bool with_lead);

BoostingBlocks cut_columns(
    window::WindowDataset const& dataset, Split const& split, std::span<std::size_t const> columns
);

} // namespace polyquant::models::evaluation
