// The trained models a run uses, for [model] kind = "trained". Copies stay with the run: executed
// again it must decide with the models it had, whatever was promoted since.
//
//   <run>/trained/<checksum>.json
//   <run>/trained/outside-<digest>.csv   values from outside that they used
#pragma once

#include "config/run_config.hpp"
#include "models/registry/registered_model.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::app {

using TrainedModels = std::vector<models::registry::RegisteredModel>;

using OutsideValues = std::shared_ptr<models::window::ExternalFeatures const>;

// Those in use for the configured coins; none for other kinds. Fails with the
// first that cannot be used, and why: also where [model] external_file lacks a
// column one was trained with.
Result<TrainedModels> load_trained(config::RunConfig const& config);

// The values that the models use; null where none does.
OutsideValues outside_of(TrainedModels const& models);

// The longest any of them calls a value fresh.
Seconds outside_age_max(TrainedModels const& models);

// Leaves them what counts from `now` on: all that a run begun now may ever ask for.
void forget_stale_outside(TrainedModels& models, UtcTime now);

Result<void> keep_trained(std::filesystem::path const& run, TrainedModels const& models);

// For the journal: "BTC spot name checksum; ETH ...", with "outside:<digest>"
// before the checksum where there are values from outside; or "none".
std::string trained_text(TrainedModels const& models);

// The kept models that such a text names.
Result<TrainedModels> recall_trained(std::filesystem::path const& run, std::string_view text);

bool same_models(TrainedModels const& a, TrainedModels const& b);

} // namespace polyquant::app
