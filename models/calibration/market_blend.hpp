// The market's own price as the forecast, corrected by what a model knows beyond it. Only that
// correction is worth money, and it has to earn its place: without evidence the blend is the
// market.
//
//   logit p = logit(market) (1 + a) + b (logit(model) - logit(market)) + c
//
// with a, b, c drawn towards 0 by a ridge.
#pragma once

#include "engine/core/failure.hpp"

#include <span>
#include <string>

namespace polyquant::models::calibration {

struct MarketBlendOptions {
    // 1 / l2 is the prior variance of a, b and c: 100 says a tenth either way is usual. Chosen
    // before looking at any outcome.
    double l2 = 100;
};

// Immutable; probability() allocates nothing.
class MarketBlend {
public:
    struct Coefficients {
        double slope = 0;     // a
        double pull = 0;      // b
        double intercept = 0; // c
    };

    // The market itself.
    MarketBlend() = default;

    // As fitted before; finite numbers.
    explicit MarketBlend(Coefficients const& coefficients) : fitted_{coefficients} {}

    // Probabilities of the market (its mid) and the model, outcomes 0 or 1, and what each row
    // counts (empty: 1): 1 / (moments of its window), because they share one outcome. Refused:
    // lists of different length, none at all, values that are not finite.
    static Result<MarketBlend>
    fit(std::span<double const> market,
        std::span<double const> model,
        std::span<double const> outcomes,
        std::span<double const> weights,
        MarketBlendOptions const& options = {});

    double probability(double market, double model) const;

    double market_coefficient() const { return 1 + fitted_.slope - fitted_.pull; }

    double model_coefficient() const { return fitted_.pull; }

    double intercept() const { return fitted_.intercept; }

    Coefficients const& coefficients() const { return fitted_; }

    std::string describe() const;

private:
    Coefficients fitted_;
};

} // namespace polyquant::models::calibration
