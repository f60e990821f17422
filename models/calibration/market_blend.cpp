#include "models/calibration/market_blend.hpp"

#include "models/calibration/logistic_fit.hpp"
#include "models/calibration/ridge_correction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace polyquant::models::calibration {

namespace {

// Quotes come in cents: below half a cent a price says nothing more.
double log_odds(double p) {
    return logit(std::clamp(p, 0.005, 0.995));
}

} // namespace

Result<MarketBlend> MarketBlend::fit(
    std::span<double const> market,
    std::span<double const> model,
    std::span<double const> outcomes,
    std::span<double const> weights,
    MarketBlendOptions const& options
) {
    auto const refuse = [](std::string why) {
        return Failure{Fault::invalid, "market_blend", std::move(why)};
    };
    if (market.size() != model.size())
        return refuse(
            fmt::format("{} market prices and {} promises given", market.size(), model.size())
        );
    if (!(options.l2 > 0)) return refuse("l2 must be positive: it is what ties it to the market");
    validation::RowTable cells{3};
    std::vector<double> prices;
    for (std::size_t i = 0; i < market.size(); ++i) {
        auto const price = log_odds(market[i]);
        cells.add(std::array{price, log_odds(model[i]) - price, 1.0});
        prices.push_back(price);
    }
    std::array const ridge{options.l2, options.l2, options.l2};
    auto const fit = fit_ridge_correction(cells.rows(), prices, outcomes, weights, ridge);
    if (!fit) return fit.error();
    return MarketBlend{{.slope = (*fit)[0], .pull = (*fit)[1], .intercept = (*fit)[2]}};
}

double MarketBlend::probability(double market, double model) const {
    auto const price = log_odds(market);
    return sigmoid(
        price * (1 + fitted_.slope) + fitted_.pull * (log_odds(model) - price) + fitted_.intercept
    );
}

std::string MarketBlend::describe() const {
    return fmt::format(
        "{:.3f} of the market's log-odds, {:.3f} of the model's, {:+.3f}",
        market_coefficient(),
        model_coefficient(),
        fitted_.intercept
    );
}

} // namespace polyquant::models::calibration
