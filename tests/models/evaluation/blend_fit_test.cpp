#include "models/calibration/logistic_fit.hpp"
#include "models/evaluation/blend_fit.hpp"
#include "models/validation/random.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <limits>

using namespace polyquant;
using namespace polyquant::models;
using namespace polyquant::models::evaluation;

namespace {

constexpr UtcTime start = utc_from_seconds(1'776'081'600);

// Two moments a window; from `turn` on the closed form is wrong where it was right before.
MarketStudy study(int windows, int turn) {
    validation::SeededRandom random{5};
    MarketStudy study{.title = "test", .models = {"baseline", "closed form"}};
    study.models[1] = std::string{to_string(Member::closed_form)};
    for (int i = 0; i < windows; ++i) {
        auto const promised = calibration::sigmoid(1.5 * random.normal());
        auto const won = random.uniform() < (i < turn ? promised : 1 - promised);
        for (double const left : {120.0, 60.0})
            study.moments.push_back(
                {.window_start = start + Seconds{300 * i},
                 .seconds_left = left,
                 .now = {start, 0.49, 0.51, 10, 10},
                 .later = {start, 0.49, 0.51, 10, 10},
                 .up_won = won,
                 .up = {0.5, promised}}
            );
    }
    return study;
}

} // namespace

TEST_CASE("A blend for use is fitted on all windows that had closed", "[models][evaluation]") {
    auto const until = start + Seconds{300 * 2'000};
    auto const all = study(4'000, 2'000);

    auto const early = fit_market_blend(all, {.until = until}).value();
    auto const whole = fit_market_blend(all, {.until = UtcTime::max()}).value();

    CHECK(early.windows == 2'000);
    CHECK(early.moments == 4'000);
    CHECK(early.until == until);
    CHECK(early.first == start);
    CHECK(early.blend.model_coefficient() > 0.6);
    CHECK(std::abs(whole.blend.model_coefficient()) < 0.1);
    CHECK(fit_market_blend(all, {.until = until - 1ms}).value().windows == 1'999);
}

TEST_CASE("Moments with an empty side do not enter a blend for use", "[models][evaluation]") {
    auto some = study(10, 10);
    some.moments[3].now.ask = std::numeric_limits<double>::quiet_NaN();
    some.moments[4].now.bid = std::numeric_limits<double>::quiet_NaN();

    CHECK(fit_market_blend(some, {}).value().moments == 18);
}

TEST_CASE("A blend without moments or of an absent model is refused", "[models][evaluation]") {
    auto const some = study(10, 10);

    CHECK(fit_market_blend(some, {.until = start}).has_error());
    CHECK(fit_market_blend(some, {.model = registry::ModelKind::boosting}).has_error());
}
