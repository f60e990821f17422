#include "models/registry/registered_model.hpp"

#include "models/calibration/logistic_fit.hpp"
#include "models/fingerprint.hpp"

#include <cmath>
#include <cstdlib>

namespace polyquant::models::registry {

std::string_view to_string(ModelKind kind) {
    switch (kind) {
    case ModelKind::closed_form: return "closed_form";
    case ModelKind::logistic: return "logistic";
    case ModelKind::boosting: return "boosting";
    }
    std::abort();
}

std::optional<ModelKind> parse_model_kind(std::string_view text) {
    for (auto const kind : {ModelKind::closed_form, ModelKind::logistic, ModelKind::boosting})
        if (text == to_string(kind)) return kind;
    return std::nullopt;
}

std::optional<window::LabelStyle> parse_label_style(std::string_view text) {
    for (auto const style : {window::LabelStyle::spot, window::LabelStyle::average})
        if (text == window::to_string(style)) return style;
    return std::nullopt;
}

window::WindowFeatureState::Models RegisteredModel::models() const {
    window::WindowFeatureState::Models all;
    for (std::size_t a = 0; a < asset_count; ++a)
        all[a] = volatility[a].value_or(window::VolatilityModel::unfitted());
    return all;
}

window::WindowFeatureState::Shapes RegisteredModel::shapes() const {
    return {shape, shape, shape, shape};
}

double RegisteredModel::uncalibrated(std::span<double const> row) const {
    auto const log_odds = row[window::index_of(window::WindowFeature::closed_form_log_odds)];
    if (correction) return correction->up_probability(row);
    if (boosting) return boosting->up_probability(row, log_odds);
    return calibration::sigmoid(log_odds);
}

double RegisteredModel::up_probability(std::span<double const> row) const {
    auto const left = row[window::index_of(window::WindowFeature::seconds_left)];
    return calibrator.apply(uncalibrated(row), left);
}

ExternalColumns::Answer
RegisteredModel::up_probability(std::span<double const> row, UtcTime now) const {
    auto const up = up_probability(row);
    if (!external || !outside || std::isnan(up)) return {.up = up, .fresh = 0};
    return external->apply(up, *outside, now);
}

std::string feature_hash(std::span<std::string const> features) {
    Fingerprint print;
    for (auto const& name : features) {
        print.add(std::string_view{name});
        print.add(std::string_view{","});
    }
    return print.hex();
}

} // namespace polyquant::models::registry
