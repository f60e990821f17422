// From the [model] section to the models' own parameters.
#pragma once

#include "config/model_params.hpp"
#include "models/baseline_model.hpp"
#include "models/model_actor.hpp"

#include <vector>

namespace polyquant::app {

models::BaselineParams baseline_params(Asset asset, config::ModelParams const& params);
models::SignalTime signal_time(config::ModelParams const& params);
// One model an asset, in the order given. The parameters have been checked by the configuration.
std::vector<models::BaselineModel>
make_models(std::span<Asset const> assets, config::ModelParams const& params);

} // namespace polyquant::app
