#include "engine/app/window_signals.hpp"

namespace polyquant::app {

WindowSignals::WindowSignals(std::span<Asset const> assets, config::ModelParams const& params) {
    if (params.kind != config::ModelKind::window) return;
    for (auto const asset : assets)
        models_[index_of(asset)].emplace(asset);
}

void WindowSignals::warm_up(Asset asset, std::span<Bar const> history) {
    if (auto& model = models_[index_of(asset)]) model->warm_up(history);
}

void WindowSignals::on(BarUpdate const& update) {
    auto& model = models_[index_of(update.asset)];
    if (model && update.closed) model->on_bar(update.bar);
}

models::Signal const* WindowSignals::refresh(Asset asset, MarketView const& view) {
    auto& model = models_[index_of(asset)];
    return model ? &model->update(view) : nullptr;
}

models::Signal const* WindowSignals::signal(Asset asset) const {
    auto const& model = models_[index_of(asset)];
    return model ? &model->signal() : nullptr;
}

} // namespace polyquant::app
