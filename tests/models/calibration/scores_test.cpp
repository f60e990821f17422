#include "models/calibration/scores.hpp"
#include "models/validation/random.hpp"
#include "tests/models/calibration/golden.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace polyquant::models::calibration;
using polyquant::models::validation::SeededRandom;

TEST_CASE("Brier and log loss equal scikit-learn", "[models][calibration]") {
    auto const golden = read_calibration_golden();

    CHECK(brier(golden.promised, golden.won) == Approx(golden.brier).epsilon(1e-12));
    CHECK(log_loss(golden.promised, golden.won) == Approx(golden.log_loss).epsilon(1e-12));
}

TEST_CASE("Wilson interval equals its printed values", "[models][calibration]") {
    auto const interval = wilson(81, 263); // Newcombe 1998, table I: 0.2553 to 0.3662

    CHECK(interval.low == Approx(0.2553).margin(5e-5));
    CHECK(interval.high == Approx(0.3662).margin(5e-5));
    CHECK(wilson(0, 20).low == 0);
    CHECK(wilson(0, 20).high == Approx(0.1611).margin(5e-5));
    CHECK(wilson(0, 0).high == 1);
}

TEST_CASE("Reliability bins are closed below and the last one above", "[models][calibration]") {
    double const promised[] = {0, 0.5, 0.85, 0.95, 1, 0.9};
    double const outcomes[] = {0, 1, 1, 0, 1, 1};
    double const edges[] = {0.5, 0.85, 0.95, 1};

    auto const bins = reliability(promised, outcomes, edges);

    CHECK(bins[0].count == 1);
    CHECK(bins[1].count == 2);
    CHECK(bins[1].promised == Approx(0.875));
    CHECK(bins[1].observed == 1);
    CHECK(bins[2].count == 2);
    CHECK(bins[2].observed == 0.5);
}

TEST_CASE(
    "Brier parts add up, and exactly where bins hold equal promises", "[models][calibration]"
) {
    auto const golden = read_calibration_golden();
    auto const parts = brier_parts(golden.promised, golden.won, 10);
    CHECK(
        parts.reliability - parts.resolution + parts.uncertainty + parts.residual ==
        Approx(parts.brier)
    );

    std::vector<double> rounded;
    for (auto const p : golden.promised)
        rounded.push_back((std::floor(p * 10) + 0.5) / 10);
    CHECK(brier_parts(rounded, golden.won, 10).residual == Approx(0).margin(1e-12));
}

TEST_CASE("Calibration error and sharpness of a known set", "[models][calibration]") {
    std::vector<double> promised, outcomes;
    for (int i = 0; i < 10; ++i) {
        promised.push_back(i < 5 ? 0.25 : 0.75);
        outcomes.push_back(i == 0 || i > 5 ? 1 : 0); // 1 of 5 and 4 of 5
    }

    CHECK(expected_calibration_error(promised, outcomes) == Approx(0.05));
    CHECK(sharpness(promised) == Approx(0.0625));
}

TEST_CASE("Day bootstrap covers the true mean about as often as it says", "[models][calibration]") {
    SeededRandom random{21};
    int covered = 0;
    constexpr int trials = 300;
    for (int trial = 0; trial < trials; ++trial) {
        std::vector<double> values;
        std::vector<std::int64_t> days;
        for (int day = 0; day < 40; ++day) {
            auto const weather = random.normal(); // shared by the day, so rows are not independent
            for (int i = 0; i < 20; ++i) {
                values.push_back(0.3 + weather + random.normal());
                days.push_back(day);
            }
        }
        auto const result = block_bootstrap(values, days, static_cast<std::uint64_t>(trial), 400);
        covered += result.low <= 0.3 && 0.3 <= result.high ? 1 : 0;
    }
    CHECK(covered > 0.90 * trials);
    CHECK(covered < 0.99 * trials);
}

TEST_CASE("Bootstrap gives the same interval for the same seed only", "[models][calibration]") {
    auto const golden = read_calibration_golden();
    std::vector<std::int64_t> days;
    for (std::size_t i = 0; i < golden.won.size(); ++i)
        days.push_back(static_cast<std::int64_t>(i / 20));

    auto const one = block_bootstrap(golden.promised, days, 1);
    auto const same = block_bootstrap(golden.promised, days, 1);
    auto const other = block_bootstrap(golden.promised, days, 2);

    CHECK(one.low == same.low);
    CHECK(one.high == same.high);
    CHECK(one.low != other.low);
    CHECK(one.blocks == 20);
}

TEST_CASE("A single day gives no interval", "[models][calibration]") {
    double const values[] = {0.1, 0.2};
    std::int64_t const days[] = {7, 7};

    auto const result = block_bootstrap(values, days, 1);

    CHECK(std::isinf(result.low));
    CHECK(result.share_not_positive == 1);
}

TEST_CASE("Brier advantage is positive for the better model", "[models][calibration]") {
    auto const golden = read_calibration_golden();
    std::vector<double> half(golden.won.size(), 0.5);
    std::vector<std::int64_t> days;
    for (std::size_t i = 0; i < golden.won.size(); ++i)
        days.push_back(static_cast<std::int64_t>(i / 20));

    auto const gain = brier_advantage(golden.promised, half, golden.won, days, 3);
    auto const loss = brier_advantage(half, golden.promised, golden.won, days, 3);

    CHECK(gain.mean == Approx(0.25 - golden.brier));
    CHECK(gain.low > 0);
    CHECK(loss.mean == Approx(-gain.mean));
}
