// What a bar, a preview, a prediction and a training cost. Run a release build on a quiet machine.
#include "models/baseline_model.hpp"
#include "models/feature_table.hpp"
#include "models/trainer.hpp"
#include "tests/models/random_bars.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace polyquant;
using namespace polyquant::models;

std::vector<Bar> const& month() {
    static std::vector<Bar> const bars = RandomBars{1}.next(43'200);
    return bars;
}

TrainedModel const& trained() {
    static TrainedModel const model = train(std::span{month()}.first(2880), {}).value();
    return model;
}

void features_push(benchmark::State& state) {
    auto const& bars = month();
    FeatureEngine engine;
    std::size_t t = 0;
    for (auto _ : state) {
        if (t == bars.size()) {
            engine.restart();
            t = 0;
        }
        benchmark::DoNotOptimize(engine.push(bars[t++]).values[0]);
    }
}

BENCHMARK(features_push);

void features_preview(benchmark::State& state) {
    FeatureEngine engine;
    for (std::size_t t = 0; t < 5000; ++t)
        engine.push(month()[t]);
    auto open_bar = month()[5000];
    for (auto _ : state) {
        open_bar.close = open_bar.close == open_bar.high ? open_bar.low : open_bar.high;
        benchmark::DoNotOptimize(engine.preview(open_bar));
    }
}

BENCHMARK(features_preview);

void heuristic_push(benchmark::State& state) {
    auto const rows = compute_features(std::span{month()}.first(2880)).value();
    HeuristicScorer scorer;
    std::size_t t = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(scorer.push(rows[t]));
        t = t + 1 == rows.size() ? 0 : t + 1;
    }
}

BENCHMARK(heuristic_push);

void heuristic_preview(benchmark::State& state) {
    auto const rows = compute_features(std::span{month()}.first(2880)).value();
    HeuristicScorer scorer;
    for (auto const& row : rows)
        scorer.push(row);
    std::size_t t = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(scorer.preview(rows[t]));
        t = t + 1 == rows.size() ? 0 : t + 1;
    }
}

BENCHMARK(heuristic_preview);

void logistic_predict(benchmark::State& state) {
    auto const rows = compute_features(std::span{month()}.first(2880)).value();
    Predictor const predictor{trained()};
    std::size_t t = 60;
    for (auto _ : state) {
        benchmark::DoNotOptimize(predictor.up(rows[t]));
        t = t + 1 == rows.size() ? 60 : t + 1;
    }
}

BENCHMARK(logistic_predict);

// An open bar's update to P(UP): what a tick costs the model layer.
void signal_preview(benchmark::State& state) {
    auto model = BaselineModel::create({}).value();
    model.warm_up(std::span{month()}.first(2880));
    model.accept(run(model.training_due().value()));
    auto open_bar = month()[2880];
    auto const now = open_bar.open_time + Seconds{30};
    auto const window = window_at(now);
    for (auto _ : state) {
        open_bar.close = open_bar.close == open_bar.high ? open_bar.low : open_bar.high;
        benchmark::DoNotOptimize(model.preview(window, open_bar, now));
    }
}

BENCHMARK(signal_preview);

// Features, scaling and solving, as after every 50th window.
void train_on(benchmark::State& state) {
    auto const bars = std::span{month()}.first(static_cast<std::size_t>(state.range(0)));
    int iterations = 0;
    for (auto _ : state)
        iterations = train(bars, {}).value().fit.iterations;
    state.counters["newton_steps"] = iterations;
}

BENCHMARK(train_on)->Arg(2880)->Arg(10'080)->Unit(benchmark::kMillisecond);

// One day of four assets in the baseline's walk-forward: train on 7 days, predict one.
void walk_forward_day(benchmark::State& state) {
    auto const bars = std::span{month()}.first(11'520);
    for (auto _ : state)
        for (int asset = 0; asset < 4; ++asset) {
            auto const rows = compute_features(bars).value();
            auto const history = std::span{rows}.first(10'080);
            Predictor const predictor{train_on_rows(bars.first(10'080), history, {}).value()};
            HeuristicScorer scorer;
            for (std::size_t t = 10'080; t < bars.size(); ++t) {
                benchmark::DoNotOptimize(predictor.up(rows[t]));
                benchmark::DoNotOptimize(scorer.push(rows[t]));
            }
        }
}

BENCHMARK(walk_forward_day)->Unit(benchmark::kMillisecond);

} // namespace
