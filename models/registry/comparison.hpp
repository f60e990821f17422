// Two models on the same held-out windows: which one forecasts better, and is that luck?
#pragma once

#include "models/calibration/scores.hpp"
#include "models/registry/registered_model.hpp"

namespace polyquant::models::registry {

struct Scores {
    double brier = 0;
    double log_loss = 0;
};

struct Comparison {
    std::string challenger;
    std::string reference; // "nothing (promises 0.5)" where no model is in use
    Asset asset = Asset::btc;
    window::LabelStyle style = window::LabelStyle::spot;
    UtcTime first{}; // start of the first and last window compared
    UtcTime last{};
    std::size_t windows = 0;
    std::size_t moments = 0;
    Scores of_challenger;
    Scores of_reference;
    // Log loss of the reference less the challenger's, with a 95 % interval from resampling days:
    // positive when the challenger is better.
    calibration::BootstrapMean gain;

    static constexpr std::size_t days_min = 5;

    // The interval excludes 0 and rests on at least days_min days.
    bool is_won() const;
};

struct ComparisonOptions {
    UtcTime from = UtcTime::min(); // windows that start in [from, to)
    UtcTime to = UtcTime::max();
    std::uint64_t seed = 1;
};

// Windows are taken from the end of what either model has seen, or from options.from where that is
// later; an options.from before it is refused, because a model is no judge of what it learned from.
// `reference` null: the promise of 0.5. Refused: models of different coins or rules, no windows.
Result<Comparison> compare(
    RegisteredModel const& challenger,
    RegisteredModel const* reference,
    window::AssetBars const& bars,
    ComparisonOptions const& options
);

std::string describe(Comparison const& comparison); // some lines for a human

} // namespace polyquant::models::registry
