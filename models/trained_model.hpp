// A trained logistic model with everything needed to use it again and to tell where it came from.
#pragma once

#include "engine/core/time.hpp"
#include "models/features.hpp"
#include "models/logistic.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::models {

struct TrainParams {
    FeatureSet features = FeatureSet::all_46;
    LogisticParams logistic{};
    std::size_t horizon_bars = 5; // target: close[t + horizon] > close[t]; a flat move is Down
    std::size_t rows_min = 100;   // clean rows, below which training is refused
};

// The baseline's two published settings: regularisation and the heuristic's shrink belong together.
struct Preset {
    std::string_view name;
    double c;
    double heuristic_shrink;
};

inline constexpr Preset preset_current{"current", 0.1, 0.6};
inline constexpr Preset preset_earlier{"earlier", 1.0, 0.85};

// How the bars handed to training were used: bars = unlabelled + incomplete + used.
struct RowCounts {
    std::size_t bars = 0;
    std::size_t unlabelled = 0; // their future lies outside the data or across a gap
    std::size_t incomplete = 0; // some kept feature is NaN: warm-up, or no volume or range in a bar
    std::size_t used = 0;
    std::size_t up = 0; // of used

    friend bool operator==(RowCounts const&, RowCounts const&) = default;
};

struct TrainedModel {
    TrainParams params;
    std::vector<Feature> columns;  // what the model reads, in column order
    std::vector<Feature> left_out; // of params.features, because NaN in every row
    StandardScaler scaler;         // one entry a column
    LogisticFit fit;               // one coefficient a column, over scaled values
    UtcTime first_open{};          // of the bars it was trained on
    UtcTime last_close{};
    RowCounts rows;
    std::string data_hash; // of these bars
};

// "taker_buy_ratio, trades_ratio"
std::string names_of(std::span<Feature const> features);

// P(UP) of one row: scaling folded into the weights, no allocation.
class Predictor {
public:
    Predictor() = default;
    explicit Predictor(TrainedModel const& model);

    // Empty when a column the model reads is NaN.
    std::optional<double> up(FeatureRow const& row) const;

    // The first column the model reads that is NaN in this row.
    std::optional<Feature> missing(FeatureRow const& row) const;

private:
    std::array<double, feature_count> weight_{};
    std::array<std::uint8_t, feature_count> column_{};
    std::size_t columns_ = 0;
    double intercept_ = 0;
};

} // namespace polyquant::models
