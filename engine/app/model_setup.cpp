#include "engine/app/model_setup.hpp"

namespace polyquant::app {

models::BaselineParams baseline_params(Asset asset, config::ModelParams const& params) {
    models::BaselineParams out;
    out.asset = asset;
    out.train.features =
        params.feature_set == 39 ? models::FeatureSet::no_logret_39 : models::FeatureSet::all_46;
    out.train.logistic.c = params.effective_c();
    out.train.logistic.iterations_max = params.logistic_iterations_max;
    out.train.horizon_bars = static_cast<std::size_t>(params.horizon_bars);
    out.train.rows_min = static_cast<std::size_t>(params.train_rows_min);
    if (params.profile == config::Profile::baseline) {
        out.heuristic = models::baseline_heuristic(params.effective_shrink());
    } else {
        out.heuristic.shrink = params.effective_shrink();
        out.heuristic.macd_rows = static_cast<std::size_t>(params.macd_sd_bars);
    }
    auto const learned = params.ensemble_weight[asset];
    out.weights = {learned, 1.0 - learned};
    out.retrain_windows = params.retrain_windows;
    out.train_bars = static_cast<std::size_t>(params.train_bars);
    out.train_bars_min = std::min(out.train_bars_min, out.train_bars);
    return out;
}

models::SignalTime signal_time(config::ModelParams const& params) {
    return params.signal_time == config::SignalTime::continuous ? models::SignalTime::continuous
                                                                : models::SignalTime::window_start;
}

std::vector<models::BaselineModel>
make_models(std::span<Asset const> assets, config::ModelParams const& params) {
    std::vector<models::BaselineModel> made;
    for (auto asset : assets) {
        auto model = models::BaselineModel::create(baseline_params(asset, params));
        ENSURE(model.has_value(), "model parameters passed the configuration's checks");
        made.push_back(std::move(*model));
    }
    return made;
}

} // namespace polyquant::app
