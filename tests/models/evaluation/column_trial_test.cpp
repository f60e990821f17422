#include "models/evaluation/column_study.hpp"
#include "models/validation/random.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace polyquant;
using namespace polyquant::models::evaluation;
using namespace polyquant::models::calibration;
using models::validation::SeededRandom;

namespace {

// A calibrated stack over a month of windows at one moment.
CoinEvaluation calibrated_coin(std::uint64_t seed) {
    SeededRandom random{seed};
    CoinEvaluation coin;
    coin.asset = Asset::sol;
    for (int i = 0; i < 30 * 288; ++i) {
        auto const p = 1 / (1 + std::exp(-1.5 * random.normal()));
        coin.test.window_start.push_back(utc_from_seconds(300 * std::int64_t{i}));
        coin.test.seconds_left.push_back(60);
        coin.test.day.push_back(i / 288);
        coin.test.outcome.push_back(random.uniform() < p ? 1 : 0);
        for (auto& member : coin.test.up)
            member.push_back(p);
    }
    return coin;
}

} // namespace

TEST_CASE("A column of noise is rejected, an informative one is kept", "[models][evaluation]") {
    auto const coin = calibrated_coin(3);
    auto const features = made_up_features(coin, 0.15, 4);

    auto const trials = study_external_columns(coin, features, Seconds{300}, 1);

    REQUIRE(trials);
    REQUIRE(trials->size() == 2);
    CHECK(trials->at(0).names.front() == "noise");
    CHECK_FALSE(trials->at(0).is_kept());
    CHECK(std::abs(trials->at(0).gain.mean) < 0.001);
    CHECK(trials->at(1).is_kept());
    CHECK(trials->at(1).gain.mean > 0.002);
    CHECK(trials->at(1).blocks == 27);
}

TEST_CASE("Columns of a file that ended before the test are refused", "[models][evaluation]") {
    auto const coin = calibrated_coin(3);
    auto const old = models::window::ExternalFeatures::parse(
                         "published_at,sol_tps\n1970-01-01T00:00:00Z,3000\n", "old.csv"
    )
                         .value();

    auto const trials = study_external_columns(coin, old, Seconds{600}, 1);

    REQUIRE_FALSE(trials);
    CHECK(trials.error().detail.find("sol_tps is stale") != std::string::npos);
    CHECK(trials.error().detail.find("1970-01-01T00:00:00") != std::string::npos);
}

TEST_CASE("A trial needs blocks it was not fitted on", "[models][evaluation]") {
    TrialRows rows{{"x"}};
    for (int i = 0; i < 100; ++i) {
        rows.columns.add(std::array{1.0 * i});
        rows.promised.push_back(0.5);
        rows.outcome.push_back(i % 2);
        rows.window.push_back(i);
        rows.block.push_back(0);
    }

    CHECK_FALSE(try_columns("x", rows, Folding::left_out, 1));
    CHECK_FALSE(try_columns("x", rows, Folding::walk_forward, 1));
}
