// The window model and its learned corrections: one prediction each, and their training.
#include "models/boosting/boosting_model.hpp"
#include "models/boosting/lightgbm.hpp"
#include "models/calibration/calibrator.hpp"
#include "models/validation/calibration_monitor.hpp"
#include "models/validation/random.hpp"
#include "models/window/logistic_correction.hpp"
#include "models/window/window_features.hpp"

#include <benchmark/benchmark.h>

#include <cmath>

namespace {

using namespace polyquant;
using namespace polyquant::models;
using namespace polyquant::models::window;
using validation::RowTable;
using validation::SeededRandom;

void closed_form(benchmark::State& state, TailShape const& shape) {
    WindowState window{
        .strike = 60'000,
        .spot = 60'020,
        .average_so_far = 60'010,
        .seconds_left = 120,
        .average_seconds = 60
    };
    Uncertainty const uncertainty{.sigma = 6e-5, .sigma_relative_sd = 0.3, .price_noise = 2e-5};
    for (auto _ : state) {
        window.seconds_left = window.seconds_left > 1 ? window.seconds_left - 0.37 : 240;
        benchmark::DoNotOptimize(up_probability(window, uncertainty, shape));
    }
}

BENCHMARK_CAPTURE(closed_form, normal, TailShape::normal());
BENCHMARK_CAPTURE(closed_form, student_t, TailShape::student_t(4.4).value());

// Rows that look like ours: closed form informative, the rest noise.
struct Data {
    RowTable rows{row_feature_count};
    std::vector<double> outcomes;
    std::vector<double> start;
};

Data const& data() {
    static Data const made = [] {
        Data result;
        SeededRandom random{1};
        std::vector<double> row(row_feature_count);
        for (int i = 0; i < 20'000; ++i) {
            for (auto& cell : row)
                cell = random.normal();
            row[index_of(WindowFeature::closed_form_log_odds)] = 1.7 * row[0];
            row[index_of(WindowFeature::seconds_left)] = 60.0 * static_cast<double>(1 + i % 4);
            result.rows.add(row);
            result.start.push_back(1.7 * row[0]);
            auto const up = 1 / (1 + std::exp(-1.7 * row[0] - 0.2 * row[6]));
            result.outcomes.push_back(random.uniform() < up ? 1 : 0);
        }
        return result;
    }();
    return made;
}

void logistic_prediction(benchmark::State& state) {
    auto const fit = LogisticCorrection::fit(data().rows.rows(), data().outcomes, {}).value();
    std::size_t i = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(fit.up_probability(data().rows[i]));
        i = (i + 1) % 1000;
    }
}

BENCHMARK(logistic_prediction);

void logistic_training_20000_rows(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(LogisticCorrection::fit(data().rows.rows(), data().outcomes, {}));
}

BENCHMARK(logistic_training_20000_rows)->Unit(benchmark::kMillisecond);

boosting::BoostingTrained const* trained_or_skip(benchmark::State& state) {
    static auto const trained = []() -> Result<boosting::BoostingTrained> {
        auto const library = boosting::LightGbm::open();
        if (!library) return library.error();
        boosting::BoostingBlock const block{data().rows.rows(), data().outcomes, data().start};
        return library->train(
            block, block, row_feature_names(), {.rounds_max = 100, .early_stopping_rounds = 0}
        );
    }();
    if (trained) return &*trained;
    state.SkipWithError("LightGBM is not here: tools/fetch_lightgbm");
    return nullptr;
}

void boosting_prediction_100_trees(benchmark::State& state) {
    auto const* trained = trained_or_skip(state);
    if (!trained) return;
    auto const model =
        boosting::BoostingModel::make(
            trained->text, boosting::Offset::closed_form_log_odds, row_feature_names()
        )
            .value();
    std::size_t i = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(model.up_probability(data().rows[i], data().start[i]));
        i = (i + 1) % 1000;
    }
}

BENCHMARK(boosting_prediction_100_trees);

void boosting_training_20000_rows(benchmark::State& state) {
    auto const library = boosting::LightGbm::open();
    if (!library) {
        state.SkipWithError("LightGBM is not here: tools/fetch_lightgbm");
        return;
    }
    boosting::BoostingBlock const block{data().rows.rows(), data().outcomes, data().start};
    for (auto _ : state)
        benchmark::DoNotOptimize(library->train(
            block, block, row_feature_names(), {.rounds_max = 100, .early_stopping_rounds = 0}
        ));
}

BENCHMARK(boosting_training_20000_rows)->Unit(benchmark::kMillisecond);

// One coin's bar into all states, and one full row of features for a question between bars.
void feature_row(benchmark::State& state) {
    auto const model = VolatilityModel::unfitted();
    auto const shape = TailShape::normal();
    WindowFeatureState features{{model, model, model, model}, {shape, shape, shape, shape}};
    SeededRandom random{2};
    double price = 60'000;
    auto time = utc_from_seconds(1'767'225'600);
    for (int i = 0; i < 500; ++i, time += 1min)
        for (auto const asset : all_assets) {
            auto const open = price;
            price *= std::exp(4e-4 * random.normal());
            features.on_bar(
                asset,
                {.open_time = time,
                 .open = open,
                 .high = std::max(open, price),
                 .low = std::min(open, price),
                 .close = price,
                 .volume = 1,
                 .trades = 5,
                 .taker_buy_base = 0.4}
            );
        }
    std::vector<double> row(row_feature_count);
    WindowMoment moment{
        .asset = Asset::sol,
        .window = window_at(time),
        .now = time,
        .state = {.strike = price, .spot = price * 1.0003, .seconds_left = 130}
    };
    for (auto _ : state) {
        moment.state.spot *= 1.0000001;
        features.fill(moment, row);
        benchmark::DoNotOptimize(row.data());
    }
}

BENCHMARK(feature_row);

void beta_calibration(benchmark::State& state) {
    auto const beta = models::calibration::Calibrator::parse("beta 0.97 1.02 0.01").value();
    double p = 0.1;
    for (auto _ : state) {
        p = p > 0.9 ? 0.1 : p + 0.001;
        benchmark::DoNotOptimize(beta.apply(p));
    }
}

BENCHMARK(beta_calibration);

void monitor_bet(benchmark::State& state) {
    validation::CalibrationMonitor monitor;
    int i = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(monitor.on_bet(0.9, ++i % 10 != 0));
}

BENCHMARK(monitor_bet);

} // namespace
