// [model] market_blend: the probability strategies act on, corrected by the market's own price.
// Asked anew at every use, so that a quote that has gone stale since drops out at once.
#pragma once

#include "config/run_config.hpp"
#include "engine/app/trained_models.hpp"
#include "engine/core/market_view.hpp"
#include "models/registry/fitted_blend.hpp"
#include "models/signal.hpp"

#include <optional>

namespace polyquant::app {

class QuoteAnchor {
public:
    // Quotes older than `age_max` are not used.
    QuoteAnchor(models::registry::FittedBlend fitted, Nanos age_max);

    // Sets `up` of a usable signal to the blend, or leaves it and says why in `quotes`. The view
    // is of the signal's own window. Allocates nothing.
    void apply(models::Signal& signal, MarketView const& view) const;

    void age_max(Nanos age_max) { age_max_ = age_max; }

    // What apply() made of the model's own probability, for another one of it.
    double blended(models::Signal const& applied, double own) const;

    // Whether the promises asked are of the model the blend was fitted on.
    void fits(bool fits) { fits_ = fits; }

    models::registry::FittedBlend const& fitted() const { return fitted_; }

private:
    models::QuoteUse check(models::Signal const& signal, MarketView const& view) const;

    models::registry::FittedBlend fitted_;
    Nanos age_max_;
    bool fits_ = true;
};

// Whether the configured model, for kind = "trained" one of `trained`, is the one fitted on.
bool is_fitted_on(
    models::registry::FittedBlend const& fitted,
    config::ModelParams const& params,
    TrainedModels const& trained
);

// Of the file that [model] market_blend_file names; none where market_blend is off. Fails with the
// file and what is wrong with it, also if it was fitted on another model than the one in use.
Result<std::optional<models::registry::FittedBlend>>
load_blend(config::ModelParams const& params, TrainedModels const& trained);

} // namespace polyquant::app
