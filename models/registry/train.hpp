// Training a window model for the registry: `polyquant train`.
#pragma once

#include "models/registry/registered_model.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace polyquant::models::registry {

// A LightGBM text model trained elsewhere, to be calibrated and registered like one of ours.
struct ForeignTrees {
    std::filesystem::path file;
    boosting::Offset offset = boosting::Offset::none;
    UtcTime until{}; // of the data they were trained on: no later window counts as unseen
};

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
    std::string lightgbm{};              // path; empty: the usual places
    std::optional<ForeignTrees> trees{}; // for kind boosting: instead of growing some
    // Columns on trial, and how long a value of theirs is fresh; null: none.
    std::shared_ptr<window::ExternalFeatures const> external{};
    Seconds external_age{600};
    std::uint64_t seed = 1; // of the trials' intervals
    std::string command{};
    std::string code_version{};
};

// Bars at or after `until` are not looked at. Blocks for seconds to minutes. Refused: too few
// windows (with the numbers), bars of the coin missing, no LightGBM for kind boosting (with where
// it was looked for), trees of other features (with both lists) or that know the tuning days,
// external columns that are stale at half of the moments.
//
// A column of the external file is kept if forecasts of days it was not fitted on are better with
// it (models/calibration/column_trial.hpp); the gain of each stands in the metrics either way. They
// are tried on all moments, for kind boosting, whose trees fit their training block too well to
// leave anything to correct, on the tuning days alone.
Result<RegisteredModel> train(window::AssetBars const& bars, TrainSpec const& spec);

} // namespace polyquant::models::registry
