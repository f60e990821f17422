// The trained models a run uses, for [model] kind = "trained". Copies stay with the run: executed
// again it must decide with the models it had, whatever was promoted since.
//
//   <run>/trained/<checksum>.json
#pragma once

#include "config/run_config.hpp"
#include "models/registry/registered_model.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::app {

using TrainedModels = std::vector<models::registry::RegisteredModel>;

// Those in use for the configured coins; none for other kinds. Fails with the first that cannot be
// used, and why.
Result<TrainedModels> load_trained(config::RunConfig const& config);

Result<void> keep_trained(std::filesystem::path const& run, TrainedModels const& models);

// For the journal: "BTC spot name checksum; ETH ...", or "none".
std::string trained_text(TrainedModels const& models);

// The kept models that such a text names.
Result<TrainedModels> recall_trained(std::filesystem::path const& run, std::string_view text);

bool same_models(TrainedModels const& a, TrainedModels const& b);

} // namespace polyquant::app
