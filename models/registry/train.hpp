// Training a window model for the registry: `polyquant train`.
#pragma once

#include "models/registry/registered_model.hpp"

namespace polyquant::models::registry {

struct TrainSpec {
    std::string name{};
    ModelKind kind = ModelKind::logistic;
    Asset asset = Asset::btc;
    window::LabelStyle style = window::LabelStyle::spot;
    UtcTime from = UtcTime::min(); // windows that start in [from, until)
    UtcTime until = UtcTime::max();
    // The last part of them is kept from the fits: it chooses the tail shape, stops the trees and
    // calibrates.
    std::chrono::days tune{7};
    std::string lightgbm{}; // path; empty: the usual places
    std::string command{};
    std::string code_version{};
};

// Bars at or after `until` are not looked at. Blocks for seconds to minutes. Refused: too few
// windows (with the numbers), bars of the coin missing, no LightGBM for kind boosting (with where
// it was looked for).
Result<RegisteredModel> train(window::AssetBars const& bars, TrainSpec const& spec);

} // namespace polyquant::models::registry
