#include "models/evaluation/calibration_table.hpp"
#include "models/validation/random.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::models::evaluation;

namespace {

// One coin promised 0.55 (or 0.45) in `windows` windows, Up in `won` of those promised 0.55.
CoinEvaluation coin_with(Asset asset, std::size_t windows, double promised, double won) {
    models::validation::SeededRandom random{5};
    CoinEvaluation coin;
    coin.asset = asset;
    for (std::size_t i = 0; i < windows; ++i) {
        coin.test.window_start.push_back(utc_from_seconds(300 * static_cast<std::int64_t>(i)));
        coin.test.seconds_left.push_back(60);
        coin.test.day.push_back(static_cast<std::int64_t>(i) / 288);
        coin.test.outcome.push_back(random.uniform() < won ? 1 : 0);
        for (auto& member : coin.test.up)
            member.push_back(promised);
    }
    return coin;
}

CalibrationTable table_of(std::vector<CoinEvaluation> coins) {
    BarEvaluation evaluation;
    evaluation.coins = std::move(coins);
    return tabulate_calibration(evaluation, Member::stacked);
}

} // namespace

TEST_CASE("A decile is judged only above five hundred promises", "[models][evaluation]") {
    CHECK(table_of({coin_with(Asset::btc, 500, 0.55, 0.55)}).single.empty());
    CHECK(table_of({coin_with(Asset::btc, 501, 0.55, 0.55)}).single.size() == 1);
}

TEST_CASE("A gap that many windows confirm is proven beyond two points", "[models][evaluation]") {
    auto const table = table_of({coin_with(Asset::btc, 20'000, 0.55, 0.62)});

    REQUIRE(table.single.size() == 1);
    CHECK(table.single[0].is_proven_beyond(1.96));
    CHECK(table.single[0].standard_error == Approx(0.0034).margin(0.0003));
    CHECK(calibration_verdict(table).starts_with("The model is NOT calibrated"));
}

TEST_CASE("Coins that win together count as one window, not as four", "[models][evaluation]") {
    auto const one = table_of({coin_with(Asset::btc, 2'000, 0.55, 0.55)});
    auto const four = table_of(
        {coin_with(Asset::btc, 2'000, 0.55, 0.55),
         coin_with(Asset::eth, 2'000, 0.55, 0.55),
         coin_with(Asset::sol, 2'000, 0.55, 0.55),
         coin_with(Asset::xrp, 2'000, 0.55, 0.55)}
    );

    REQUIRE(four.pooled.size() == 1);
    CHECK(four.pooled[0].count == 8'000);
    CHECK(four.pooled[0].standard_error == Approx(one.single[0].standard_error).epsilon(0.01));
}

TEST_CASE("A gap within sampling error is not called a failure", "[models][evaluation]") {
    auto const table = table_of({coin_with(Asset::btc, 600, 0.55, 0.58)});

    REQUIRE(table.single.size() == 1);
    CHECK_FALSE(table.single[0].is_proven_beyond(1.96));
    CHECK(calibration_verdict(table).find("In 0 the band") != std::string::npos);
}

TEST_CASE("Expected misses are those of a perfectly calibrated model", "[models][evaluation]") {
    // 600 promises of 0.55: a standard error of 2.03 points, so two points are missed in 32.5 %.
    std::vector<CoinEvaluation> coins;
    for (auto const asset : all_assets)
        coins.push_back(coin_with(asset, 600, 0.55, 0.55));

    auto const summary = summarise(table_of(std::move(coins)).single);

    CHECK(summary.judged == 4);
    CHECK(summary.expected.mean == Approx(4 * 0.325).margin(0.08));
    CHECK(summary.expected.low == 0);
}

TEST_CASE("Bonferroni's factor is the quantile of its share of 5 %", "[models][evaluation]") {
    CHECK(bonferroni_z(1) == Approx(1.959964));
    CHECK(bonferroni_z(10) == Approx(2.807034));
    CHECK(bonferroni_z(100) == Approx(3.480756));
}
