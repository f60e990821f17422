// Trained models of one coin as strategies see them: fed with the closed bars of all coins, asked
// with what the market board knows; the model of the market's own settlement rule answers.
#pragma once

#include "engine/core/market_view.hpp"
#include "models/registry/registered_model.hpp"
#include "models/signal.hpp"
#include "models/window/window_features.hpp"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace polyquant::models::registry {

class LiveTrainedModel {
public:
    // At most one model a settlement rule; those of other coins are left out.
    LiveTrainedModel(Asset asset, std::vector<RegisteredModel> const& models);

    // Bars of any coin, in order of time for each.
    void on_bar(Asset asset, Bar const& closed);
    // Newest price of a coin that may lead, from the source of the bars.
    void on_price(Asset asset, double price);

    // Usable under the conditions of models/window/live_moment.hpp, if a model for the market's
    // rule was given. model_version is the start of the model's checksum.
    Signal const& update(MarketView const& view);

    // Other values from outside, for the models that use some, from the next
    // update on.
    void use_outside(std::shared_ptr<window::ExternalFeatures const> const& values);

    // Whether the model asked last had to answer without columns it was trained
    // with: their values were stale or missing.
    bool lacks_outside() const { return lacks_outside_; }

    Signal const& signal() const { return signal_; }

    // The model's answers to the last update, had the volatility forecast been off by its usual
    // error either way; empty without a usable signal.
    std::optional<window::ProbabilityBand> band() const;

private:
    struct Desk {
        RegisteredModel model;
        window::WindowFeatureState features;
        std::uint64_t version = 0;
    };

    Desk* desk_for(MarketView const& view);

    Asset asset_;
    std::vector<Desk> desks_;
    UtcTime last_close_{};
    Signal signal_;
    bool lacks_outside_ = false;
    std::size_t asked_desk_ = 0; // of the last update that was usable, and what it was asked
    window::WindowMoment asked_moment_;
};

// The models in use for these coins, as trained-models/in-use.json says. Fails with the first that
// cannot be used; a coin without one is no failure.
class Registry;
Result<std::vector<RegisteredModel>>
load_in_use(Registry const& registry, std::span<Asset const> assets);

} // namespace polyquant::models::registry
