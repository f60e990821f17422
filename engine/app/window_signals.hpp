// The window model of every coin, where the configuration asks for it ([model] kind = "window").
#pragma once

#include "config/model_params.hpp"
#include "engine/core/events.hpp"
#include "models/window/live_window_model.hpp"

#include <array>
#include <optional>
#include <span>

namespace polyquant::app {

class WindowSignals {
public:
    WindowSignals(std::span<Asset const> assets, config::ModelParams const& params);

    void warm_up(Asset asset, std::span<Bar const> history);
    void on(BarUpdate const& update);
    // Asks the coin's model anew; null where the window model is not asked for.
    models::Signal const* refresh(Asset asset, MarketView const& view);

    models::Signal const* signal(Asset asset) const;

private:
    std::array<std::optional<models::window::LiveWindowModel>, asset_count> models_;
};

} // namespace polyquant::app
