// The model of every coin that answers anew at every change of its window, where the configuration
// asks for one: [model] kind = "window", "trained" or "quotes".
#pragma once

#include "config/model_params.hpp"
#include "engine/app/trained_models.hpp"
#include "engine/core/events.hpp"
#include "models/calibration/ask_table.hpp"
#include "models/registry/live_trained_model.hpp"
#include "models/window/live_window_model.hpp"

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace polyquant::app {

class WindowSignals {
public:
    // `trained` counts for kind = "trained" only.
    WindowSignals(
        std::span<Asset const> assets,
        config::ModelParams const& params,
        std::vector<models::registry::RegisteredModel> const& trained
    );

    void warm_up(Asset asset, std::span<Bar const> history);
    void on(BarUpdate const& update);
    void on(PriceTick const& tick);

    // Other trained models from now on, none of which has seen a bar.
    void replace(std::vector<models::registry::RegisteredModel> const& trained);

    // Newer values from outside, for trained models that use some.
    void use_outside(OutsideValues const& values);

    // Asks the coin's model anew; null where the configuration asks for none of
    // these.
    models::Signal const*
    refresh(Asset asset, MarketView const& view, models::calibration::AskTable const& quotes);

    models::Signal const* signal(Asset asset) const;

    // Of the newest signal; empty where the model knows no doubt of its own.
    std::optional<models::window::ProbabilityBand> band(Asset asset) const;

    // The coin's trained model answered without values from outside that it was
    // trained with.
    bool lacks_outside(Asset asset) const;

    // Whether a change of the book changes the answer.
    bool follows_books() const { return kind_ == config::ModelKind::quotes; }

private:
    struct Desk {
        std::optional<models::window::LiveWindowModel> window;
        std::optional<models::registry::LiveTrainedModel> trained;
        std::optional<models::Signal> quotes;
    };

    config::ModelKind kind_;
    std::vector<Asset> assets_;
    std::array<Desk, asset_count> desks_;
};

} // namespace polyquant::app
