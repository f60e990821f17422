#include "models/trained_model.hpp"

#include <cmath>

namespace polyquant::models {

std::string names_of(std::span<Feature const> features) {
    std::string text;
    for (auto feature : features) {
        if (!text.empty()) text += ", ";
        text += to_string(feature);
    }
    return text;
}

Predictor::Predictor(TrainedModel const& model) : columns_{model.columns.size()} {
    ENSURE(columns_ <= feature_count, "more columns than features");
    ENSURE(
        model.fit.coefficients.size() == columns_ && model.scaler.means.size() == columns_ &&
            model.scaler.scales.size() == columns_,
        "a model with other columns than coefficients"
    );
    intercept_ = model.fit.intercept;
    for (std::size_t j = 0; j < columns_; ++j) {
        column_[j] = static_cast<std::uint8_t>(index_of(model.columns[j]));
        weight_[j] = model.fit.coefficients[j] / model.scaler.scales[j];
        intercept_ -= weight_[j] * model.scaler.means[j];
    }
}

std::optional<double> Predictor::up(FeatureRow const& row) const {
    double lane[4] = {intercept_, 0, 0, 0};
    std::size_t j = 0;
    for (; j + 4 <= columns_; j += 4)
        for (std::size_t k = 0; k < 4; ++k)
            lane[k] += weight_[j + k] * row.values[column_[j + k]];
    double z = (lane[0] + lane[1]) + (lane[2] + lane[3]);
    for (; j < columns_; ++j)
        z += weight_[j] * row.values[column_[j]];
    if (std::isnan(z)) return std::nullopt;
    return 1 / (1 + std::exp(-z));
}

std::optional<Feature> Predictor::missing(FeatureRow const& row) const {
    for (std::size_t j = 0; j < columns_; ++j)
        if (std::isnan(row.values[column_[j]])) return static_cast<Feature>(column_[j]);
    return std::nullopt;
}

} // namespace polyquant::models
