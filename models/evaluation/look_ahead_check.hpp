// Does a row know what comes after its moment, or an outcome what comes after its window? Asked of
// the very code that makes the rows an evaluation trains and tests on.
#pragma once

#include "models/validation/honesty.hpp"
#include "models/window/window_dataset.hpp"

namespace polyquant::models::evaluation {

struct LookAheadReport {
    std::size_t columns = 0;
    std::size_t rows = 0;
    std::size_t outcomes = 0;
    std::vector<validation::LookAheadProblem>
        problems; // columns, or "outcome" and what it is made of

    bool passed() const { return rows > 0 && outcomes > 0 && problems.empty(); }
};

// Windows spread over [from, to), each at all its moments: the bars of every coin are made absurd
// after the moment, one coin at a time, and the row must stay as it is; then those after the
// window's end, and the outcome must. A second or two for a coin.
LookAheadReport check_look_ahead(
    Asset asset,
    window::AssetBars const& bars,
    window::WindowFeatureState::Models const& models,
    window::WindowFeatureState::Shapes const& shapes,
    window::DatasetOptions const& options,
    std::size_t windows
);

} // namespace polyquant::models::evaluation
