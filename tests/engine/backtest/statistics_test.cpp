#include "engine/backtest/statistics.hpp"
#include "models/validation/random.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace polyquant;
using namespace polyquant::backtest;

TEST_CASE("Sharpe ratio and its interval follow Lo and Mertens", "[backtest][statistics]") {
    std::vector<double> const returns{0.01, -0.02, 0.03, 0.01, -0.01, 0.02};

    auto const ratio = sharpe_ratio(returns);

    // numpy: mean / std(ddof=1) and the moments by hand.
    CHECK(ratio.value == Approx(0.35805743701971643));
    auto const m = moments_of(returns);
    auto const se = std::sqrt(
        (1 - m.skewness * ratio.value + (m.kurtosis - 1) / 4 * ratio.value * ratio.value) / 5
    );
    CHECK(ratio.high - ratio.low == Approx(2 * 1.959963984540054 * se));
    CHECK(ratio.count == 6);
}

TEST_CASE("Sharpe interval covers the truth in about 95 of 100 samples", "[backtest][statistics]") {
    models::validation::SeededRandom random{5};
    int covered = 0;
    constexpr int samples = 2000;
    for (int i = 0; i < samples; ++i) {
        std::vector<double> returns(60);
        for (auto& r : returns)
            r = 0.1 + random.normal();
        auto const ratio = sharpe_ratio(returns);
        covered += ratio.low <= 0.1 && 0.1 <= ratio.high ? 1 : 0;
    }

    CHECK(covered > 0.93 * samples);
    CHECK(covered < 0.97 * samples);
}

TEST_CASE("Sharpe of a constant series is no number", "[backtest][statistics]") {
    CHECK(std::isnan(sharpe_ratio(std::vector<double>(10, 0.01)).value));
    CHECK(std::isnan(sharpe_ratio(std::vector<double>{0.01, 0.02}).value));
}

TEST_CASE(
    "The best of many worthless variants reaches the expected Sharpe", "[backtest][statistics]"
) {
    models::validation::SeededRandom random{9};
    constexpr int trials = 100, repeats = 2000;
    double best_mean = 0;
    for (int i = 0; i < repeats; ++i) {
        double best = -1e9;
        for (int t = 0; t < trials; ++t)
            best = std::max(best, random.normal());
        best_mean += best / repeats;
    }

    CHECK(expected_best_sharpe(trials, 1.0) == Approx(best_mean).epsilon(0.02));
    CHECK(expected_best_sharpe(1, 1.0) == 0);
}

TEST_CASE("Deflated Sharpe falls with the number of trials", "[backtest][statistics]") {
    models::validation::SeededRandom random{3};
    std::vector<double> returns(100);
    for (auto& r : returns)
        r = 0.25 + random.normal();

    auto const one = deflated_sharpe(returns, 1, 0.1);
    auto const many = deflated_sharpe(returns, 500, 0.1);

    CHECK(one == Approx(probabilistic_sharpe(returns, 0)));
    CHECK(one > 0.9);
    CHECK(many < one - 0.1);
}

TEST_CASE("Drawdown knows its peak, its trough and its end", "[backtest][statistics]") {
    std::vector<double> const equity{100, 110, 90, 95, 111, 105};

    auto const d = max_drawdown(equity);

    CHECK(d.depth == 20);
    CHECK(d.peak == 1);
    CHECK(d.trough == 2);
    CHECK(d.recovered == 4);
    CHECK(max_drawdown(std::vector<double>{3, 2, 1}).recovered == 3);
    CHECK(max_drawdown(std::vector<double>{1, 2, 3}).depth == 0);
}

TEST_CASE("Longest losing streak counts neighbours only", "[backtest][statistics]") {
    CHECK(longest_losing_streak(std::vector<double>{-1, 1, -1, -2, -3, 0, -1}) == 3);
    CHECK(longest_losing_streak({}) == 0);
}

TEST_CASE("Correction for trials is Sidak's", "[backtest][statistics]") {
    CHECK(corrected_p_value(0.05, 1) == Approx(0.05));
    CHECK(corrected_p_value(0.05, 10) == Approx(1 - std::pow(0.95, 10)));
}

TEST_CASE("Inverse normal is the inverse", "[backtest][statistics]") {
    CHECK(inverse_normal(0.975) == Approx(1.959963984540054));
    CHECK(inverse_normal(0.5) == Approx(0).margin(1e-12));
}
