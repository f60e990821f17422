// What watching costs: on the engine's thread for each event (one in eight is timed), and on the
// other thread for each scrape.
#include "engine/metrics/exposition.hpp"
#include "engine/runtime/clock.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace polyquant;

void stages_of_an_event(benchmark::State& state) {
    runtime::LiveClock const clock;
    metrics::StageTimes stages;
    std::uint64_t seen = 0;
    for (auto _ : state) {
        if (++seen % 8 != 0) continue;
        using metrics::StageOfWork;
        auto const began = clock.now();
        stages.note_engine_time(StageOfWork::parse, clock.utc_now() - UtcTime{Seconds{1}});
        auto const features = clock.now();
        stages.note(StageOfWork::features, features - began);
        stages.note(StageOfWork::decision, clock.now() - features);
    }
    benchmark::DoNotOptimize(stages.histograms()[0].count());
}

void text_of_a_scrape(benchmark::State& state) {
    metrics::Figures figures;
    for (auto const asset : all_assets) {
        observe::AssetStatus status;
        status.asset = asset;
        status.up = 0.5;
        status.book_age = Seconds{1};
        figures.status.assets.push_back(status);
        for (auto const* name : {"s1", "s2", "exercise"})
            figures.activity[{name, std::string{to_string(asset)}}].not_filled[Reason::not_filled] =
                3;
    }
    for (auto const* name : {"s1", "s2", "exercise"}) {
        observe::StrategyStatus status;
        status.name = name;
        for (std::size_t i = 0; i < 20; ++i)
            status.reasons.add(static_cast<Reason>(i));
        figures.status.strategies.push_back(status);
    }
    for (auto _ : state)
        benchmark::DoNotOptimize(metrics::exposition(figures, {}, Instant{}).size());
}

BENCHMARK(stages_of_an_event);
BENCHMARK(text_of_a_scrape)->Unit(benchmark::kMicrosecond);

} // namespace
