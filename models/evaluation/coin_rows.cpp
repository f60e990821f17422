#include "models/evaluation/coin_rows.hpp"

#include "models/calibration/scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace polyquant::models::evaluation {

using window::WindowDataset;
using window::WindowFeature;

namespace {

// Features whose size follows the coin's price or volume mean something else every year.
bool is_scale_free(std::string_view name) {
    for (std::string_view const scaled :
         {"macd", "macd_signal", "macd_hist", "macd_hist_accel", "atr_14", "obv_slope_10", "rsi"})
        if (name == scaled) return false;
    return true;
}

bool is_lead(std::size_t column) {
    return column >= window::index_of(WindowFeature::btc_z) &&
           column <= window::index_of(WindowFeature::relative_strength);
}

} // namespace

Split split_rows(WindowDataset const& dataset, EvaluationOptions const& options) {
    auto const position = [&](UtcTime t) {
        auto const it = std::partition_point(
            dataset.rows.begin(),
            dataset.rows.end(),
            [&](window::WindowRow const& row) { return row.window.start < t; }
        );
        return static_cast<std::size_t>(it - dataset.rows.begin());
    };
    auto const tune = position(options.tune_from);
    auto const test = position(options.test_from);
    return {{0, tune}, {tune, test}, {test, dataset.rows.size()}};
}

std::vector<double> outcomes_of(WindowDataset const& dataset, Range range) {
    std::vector<double> outcomes;
    for (std::size_t i = range.first; i < range.last; ++i)
        outcomes.push_back(dataset.rows[i].outcome);
    return outcomes;
}

std::vector<double> column(WindowDataset const& dataset, Range range, WindowFeature feature) {
    std::vector<double> values;
    for (std::size_t i = range.first; i < range.last; ++i)
        values.push_back(dataset.features[i][window::index_of(feature)]);
    return values;
}

window::TailShape
choose_shape(WindowDataset const& dataset, Split const& split, CoinEvaluation& coin) {
    std::vector<double> moves;
    for (std::size_t i = split.train.first; i < split.train.last; ++i)
        if (auto const move = dataset.rows[i].standardised_move(); std::isfinite(move))
            moves.push_back(move);
    std::vector<window::TailShape> candidates{window::TailShape::normal()};
    if (auto shape = window::TailShape::student_t(window::fit_degrees_of_freedom(moves)))
        candidates.push_back(std::move(*shape));
    if (auto shape = window::TailShape::empirical(moves)) candidates.push_back(std::move(*shape));

    auto const z = column(dataset, split.tune, WindowFeature::z);
    auto const outcomes = outcomes_of(dataset, split.tune);
    auto best = candidates.front();
    auto best_loss = std::numeric_limits<double>::infinity();
    for (auto const& candidate : candidates) {
        std::vector<double> promised;
        for (auto const value : z)
            promised.push_back(1 - candidate.cdf(-value));
        auto const loss = calibration::log_loss(promised, outcomes);
        coin.shapes.emplace_back(candidate.name(), loss);
        if (loss < best_loss) {
            best_loss = loss;
            best = candidate;
        }
    }
    std::sort(coin.shapes.begin(), coin.shapes.end(), [](auto const& a, auto const& b) {
        return a.second < b.second;
    });
    return best;
}

std::vector<std::size_t>
boosting_columns(WindowDataset const& dataset, Asset asset, Range train, bool with_lead) {
    auto const names = window::row_feature_names();
    std::vector<std::size_t> columns;
    for (auto const k : window::columns_of(asset)) {
        if (!is_scale_free(names[k]) || (!with_lead && is_lead(k))) continue;
        auto seen = false;
        for (std::size_t i = train.first; i < train.last && !seen; ++i)
            seen = std::isfinite(dataset.features[i][k]);
        if (seen) columns.push_back(k);
    }
    return columns;
}

BoostingBlocks cut_columns(
    WindowDataset const& dataset, Split const& split, std::span<std::size_t const> columns
) {
    auto const all_names = window::row_feature_names();
    auto const cut = [&](Range range) {
        return window::select_columns(
            dataset.features.rows().slice(range.first, range.size()), columns
        );
    };
    BoostingBlocks blocks{cut(split.train), cut(split.tune), {}};
    for (auto const k : columns)
        blocks.names.push_back(all_names[k]);
    return blocks;
}

} // namespace polyquant::models::evaluation
