#include "models/validation/random.hpp"
#include "models/window/volatility.hpp"
#include "models/window/volatility_model.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <limits>

using namespace polyquant;
using namespace polyquant::models::window;
using polyquant::models::validation::SeededRandom;

namespace {

// Bars whose price walks in `steps` small steps a minute; sigma may depend on the minute.
template <class SigmaAt>
std::vector<Bar> walk_bars(std::size_t count, std::uint64_t seed, SigmaAt sigma_at) {
    constexpr int steps = 60;
    SeededRandom random{seed};
    std::vector<Bar> bars;
    double price = 100;
    auto time = utc_from_seconds(1'767'225'600); // 2026-01-01
    for (std::size_t i = 0; i < count; ++i) {
        Bar bar{.open_time = time, .open = price, .high = price, .low = price, .volume = 1};
        for (int k = 0; k < steps; ++k) {
            price *= std::exp(sigma_at(time) * random.normal());
            bar.high = std::max(bar.high, price);
            bar.low = std::min(bar.low, price);
        }
        bar.close = price;
        bars.push_back(bar);
        time += 1min;
    }
    return bars;
}

} // namespace

TEST_CASE("Decaying mean starts as the plain mean and then forgets", "[models][window]") {
    DecayingMean mean{10};
    mean.add(2);
    CHECK(mean.mean() == Approx(2));
    mean.add(4);
    CHECK(mean.mean() == Approx((2 * std::exp2(-0.1) + 4) / (1 + std::exp2(-0.1))));

    for (int i = 0; i < 1000; ++i)
        mean.add(7);
    CHECK(mean.mean() == Approx(7));
}

TEST_CASE("Garman-Klass equals its published formula", "[models][window]") {
    Bar const bar{.open = 100, .high = 102, .low = 99, .close = 101};
    auto const range = std::log(102.0 / 99);
    auto const body = std::log(101.0 / 100);

    CHECK(
        garman_klass_variance(bar) * 60 ==
        Approx(0.5 * range * range - (2 * std::log(2.0) - 1) * body * body)
    );
    CHECK(garman_klass_variance({.open = 5, .high = 5, .low = 5, .close = 5}) == 0);
}

TEST_CASE("Every estimator finds the volatility of a steady walk", "[models][window]") {
    constexpr double sigma = 8e-5;
    VolatilityState state{TimeOfDayProfile::flat()};
    auto const bars = walk_bars(6000, 3, [](UtcTime) { return sigma; });
    EstimatorValues mean{};
    int count = 0;
    for (auto const& bar : bars) {
        state.on_bar(bar);
        if (state.bars_seen() < 1500) continue;
        auto const values = state.forecasts(bar.close_time(), 240);
        for (std::size_t k = 0; k < estimator_count; ++k)
            mean[k] += values[k];
        ++count;
    }

    for (std::size_t k = 0; k < estimator_count; ++k) {
        CAPTURE(to_string(static_cast<Estimator>(k)));
        // 60 steps a minute miss the true extremes, which costs Garman-Klass about a quarter.
        CHECK(std::sqrt(mean[k] / count) == Approx(sigma).epsilon(0.15));
    }
}

TEST_CASE("Ticks within the minute replace its squared return", "[models][window]") {
    VolatilityState state{TimeOfDayProfile::flat()};
    auto const bars = walk_bars(400, 4, [](UtcTime) { return 1e-4; });

    for (auto const& bar : bars)
        state.on_bar(bar, 60 * 9e-8);

    auto const values = state.forecasts(bars.back().close_time(), 60);
    for (auto const value : values)
        CHECK(value == Approx(9e-8));
}

TEST_CASE("A jump across a gap is no return, and an old bar is ignored", "[models][window]") {
    VolatilityState state{TimeOfDayProfile::flat()};
    auto bars = walk_bars(200, 5, [](UtcTime) { return 1e-4; });
    for (auto const& bar : bars)
        state.on_bar(bar);
    auto const before = state.forecasts(bars.back().close_time(), 60);
    auto late = bars.back();
    late.open_time += 10min;
    late.open = late.high = late.low = late.close = 2 * late.close;

    state.on_bar(late);
    state.on_bar(bars.front());

    CHECK(state.bars_seen() == 201);
    auto const after = state.forecasts(late.close_time(), 60);
    CHECK(after[0] < before[0]);
}

TEST_CASE("Time-of-day profile finds the wild hour and keeps a mean of one", "[models][window]") {
    auto const bars = walk_bars(20 * 1440, 6, [](UtcTime t) {
        auto const hour = unix_seconds(t) / 3600 % 24;
        return hour == 14 ? 2e-4 : 1e-4;
    });

    auto const profile = TimeOfDayProfile::learn(bars);

    auto const at = [&](int hour) {
        return profile.factor(utc_from_seconds(1'767'225'600 + hour * 3600 + 1800));
    };
    CHECK(at(14) / at(5) == Approx(4).epsilon(0.15));
    double sum = 0;
    for (auto const factor : profile.factors())
        sum += factor;
    CHECK(sum / TimeOfDayProfile::slots == Approx(1).margin(1e-9));
    CHECK(TimeOfDayProfile::learn(std::span{bars}.first(3 * 1440)).factor(bars[0].open_time) == 1);
}

TEST_CASE("Profile finds the lively last minute of the five-minute grid", "[models][window]") {
    auto const bars = walk_bars(20 * 1440, 10, [](UtcTime t) {
        return unix_seconds(t) / 60 % 5 == 4 ? 1.3e-4 : 1e-4;
    });

    auto const profile = TimeOfDayProfile::learn(bars);

    auto const start = bars.front().open_time;
    auto const last_minute = profile.mean_factor(start + 4min, 60);
    auto const others = profile.mean_factor(start, 240);
    CHECK(last_minute / others == Approx(1.69).epsilon(0.15));
    CHECK(profile.mean_factor(start, 300) == Approx(profile.factors()[0]).epsilon(1e-9));
    CHECK(
        profile.mean_factor(start + 3min, 90) ==
        Approx((60 * profile.factor(start + 3min) + 30 * profile.factor(start + 4min)) / 90)
    );
    CHECK(profile.mean_factor(start + 4min, 0) == profile.factor(start + 4min));
}

TEST_CASE("QLIKE weights recover the mixture that made the data", "[models][window]") {
    SeededRandom random{7};
    std::vector<EstimatorValues> forecasts;
    std::vector<double> realised;
    for (int i = 0; i < 40'000; ++i) {
        EstimatorValues row;
        for (auto& value : row)
            value = std::exp(random.normal());
        auto const truth = 0.7 * row[2] + 0.2 * row[8];
        auto const shock = random.normal();
        forecasts.push_back(row);
        realised.push_back(truth * shock * shock);
    }

    auto const weights = fit_qlike_weights(forecasts, realised);

    CHECK(weights[2] == Approx(0.7).margin(0.05));
    CHECK(weights[8] == Approx(0.2).margin(0.05));
    for (auto const weight : weights)
        CHECK(weight >= 0);
}

TEST_CASE("Fitted forecast beats each single estimator on later days", "[models][window]") {
    // Volatility itself wanders: a slow wave and a daily season.
    auto const bars = walk_bars(30 * 1440, 8, [](UtcTime t) {
        auto const hours = static_cast<double>(unix_seconds(t)) / 3600;
        return 1e-4 *
               std::exp(0.5 * std::sin(hours / 5.3) + 0.6 * std::sin(hours * 2 * 3.14159 / 24));
    });

    auto const fit = fit_volatility(bars, bars[22 * 1440].open_time).value();

    CHECK(fit.held_out_rows > 2000);
    for (std::size_t h = 0; h < forecast_horizons_minutes.size(); ++h) {
        auto const& combined = fit.scores.back();
        CHECK(combined.name == "combined");
        CHECK(combined.qlike[h] < 0.003);
    }
    CHECK(fit.model.sigma_relative_sd < 0.2);
    CHECK(fit_volatility(std::span{bars}.first(900), bars[800].open_time).has_error());
}

TEST_CASE("Volatility of the past does not change when the future does", "[models][window]") {
    auto bars = walk_bars(12 * 1440, 9, [](UtcTime) { return 1e-4; });
    auto const border = bars[9 * 1440].open_time;
    auto const first = fit_volatility(bars, border).value();
    for (std::size_t i = 9 * 1440; i < bars.size(); ++i) {
        bars[i].high *= 3;
        bars[i].close *= 2;
    }

    auto const second = fit_volatility(bars, border).value();

    CHECK(first.model.weights == second.model.weights);
    CHECK(first.model.sigma_relative_sd == second.model.sigma_relative_sd);
}
