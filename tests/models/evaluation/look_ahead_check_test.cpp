#include "models/evaluation/look_ahead_check.hpp"
#include "models/validation/random.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace polyquant;
using namespace polyquant::models::evaluation;
using models::window::AssetBars;

namespace {

constexpr UtcTime first = utc_from_seconds(1'767'225'600);

AssetBars walk(int days) {
    AssetBars made;
    models::validation::SeededRandom random{3};
    for (auto const asset : {Asset::btc, Asset::eth, Asset::sol}) {
        double price = 1000;
        for (int i = 0; i < days * 1440; ++i) {
            Bar bar{.open_time = first + Seconds{60 * i}};
            bar.open = bar.high = bar.low = price;
            for (int k = 0; k < 4; ++k) {
                price *= std::exp(3e-4 * random.normal());
                bar.high = std::max(bar.high, price);
                bar.low = std::min(bar.low, price);
            }
            bar.close = price;
            bar.volume = 1 + i % 7;
            bar.trades = bar.taker_buy_base = std::nan("");
            made[index_of(asset)].push_back(bar);
        }
    }
    return made;
}

LookAheadReport
check(AssetBars const& bars, models::window::LabelStyle style, std::size_t windows) {
    models::window::WindowFeatureState::Models models;
    for (auto& model : models)
        model = models::window::VolatilityModel::unfitted();
    auto const normal = models::window::TailShape::normal();
    return check_look_ahead(
        Asset::sol, bars, models, {normal, normal, normal, normal}, {.style = style}, windows
    );
}

} // namespace

TEST_CASE("No column and no outcome of a window's rows looks ahead", "[models][validation]") {
    for (auto const style :
         {models::window::LabelStyle::spot, models::window::LabelStyle::average}) {
        auto const report = check(walk(4), style, 3);

        CHECK(report.columns == models::window::row_feature_count);
        CHECK(report.rows == 12);
        CHECK(report.outcomes == 3);
        CHECK(report.passed());
    }
}

TEST_CASE(
    "A look-ahead check without a window says that it checked nothing", "[models][validation]"
) {
    auto const none = check(walk(1), models::window::LabelStyle::spot, 3);
    auto const nothing = check({}, models::window::LabelStyle::spot, 3);

    CHECK(none.rows == 0);
    CHECK_FALSE(none.passed());
    CHECK_FALSE(nothing.passed());
}
