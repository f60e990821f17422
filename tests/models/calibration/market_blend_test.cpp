#include "models/calibration/logistic_fit.hpp"
#include "models/calibration/market_blend.hpp"
#include "models/validation/random.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <limits>
#include <vector>

using namespace polyquant::models;
using calibration::MarketBlend;

namespace {

struct Sample {
    std::vector<double> market, model, outcomes, weights;
};

// The truth has `share` of the model's distance from the market.
Sample draw(std::size_t rows, double share) {
    validation::SeededRandom random{7};
    Sample sample;
    for (std::size_t i = 0; i < rows; ++i) {
        auto const price = 1.5 * random.normal();
        auto const apart = 0.7 * random.normal();
        sample.market.push_back(calibration::sigmoid(price));
        sample.model.push_back(calibration::sigmoid(price + apart));
        auto const truth = calibration::sigmoid(price + share * apart);
        sample.outcomes.push_back(random.uniform() < truth ? 1 : 0);
        sample.weights.push_back(1);
    }
    return sample;
}

MarketBlend fit(Sample const& s) {
    return MarketBlend::fit(s.market, s.model, s.outcomes, s.weights).value();
}

} // namespace

TEST_CASE("A blend without data is the market's price", "[models][calibration]") {
    CHECK(MarketBlend{}.probability(0.83, 0.4) == Approx(0.83));
}

TEST_CASE("A blend learns how much the model knows beyond the market", "[models][calibration]") {
    auto const blend = fit(draw(40'000, 0.6));

    CHECK(blend.model_coefficient() == Approx(0.6).margin(0.06));
    CHECK(blend.market_coefficient() == Approx(0.4).margin(0.08));
    CHECK(std::abs(blend.intercept()) < 0.05);
}

TEST_CASE("A blend on few rows stays near the market", "[models][calibration]") {
    auto const blend = fit(draw(60, 1.0));

    CHECK(blend.model_coefficient() < 0.2);
    CHECK(std::abs(blend.probability(0.7, 0.9) - 0.7) < 0.05);
}

TEST_CASE("A model that knows nothing more is left out of the blend", "[models][calibration]") {
    CHECK(std::abs(fit(draw(40'000, 0.0)).model_coefficient()) < 0.05);
}

TEST_CASE(
    "A blend refuses lists that do not fit and values that are no numbers", "[models][calibration]"
) {
    auto sample = draw(10, 0.5);
    CHECK(MarketBlend::fit({}, {}, {}, {}).has_error());
    CHECK(MarketBlend::fit(sample.market, sample.model, {}, sample.weights).has_error());

    sample.model[3] = std::numeric_limits<double>::quiet_NaN();
    auto const refused =
        MarketBlend::fit(sample.market, sample.model, sample.outcomes, sample.weights);
    REQUIRE(refused.has_error());
    CHECK(refused.error().detail.find("row 3") != std::string::npos);
}
