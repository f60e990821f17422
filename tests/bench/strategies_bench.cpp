// One evaluation of a scalp strategy: both sides looked at, nothing bought; and an order.
#include "config/run_config.hpp"
#include "strategies/catalog.hpp"
#include "tests/strategies/scalp_world.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace polyquant;

std::unique_ptr<strategies::Strategy> s1() {
    std::vector<config::ConfigText> const texts{
        {"bench", "[[strategy]]\nkind = \"scalp_s1\"\nname = \"s1\"\n"}
    };
    auto const config = config::parse_run_config(texts, strategies::strategy_kinds()).value();
    return strategies::make_strategy(config.strategies.front());
}

void decide(benchmark::State& state, double up) {
    test::ScalpWorld world;
    auto const strategy = s1();
    world.signal.up = up;
    for (auto _ : state)
        benchmark::DoNotOptimize(world.decide(*strategy).reason);
}

void decision_without_order(benchmark::State& state) {
    decide(state, 0.5);
}

void decision_with_order(benchmark::State& state) {
    decide(state, 0.97);
}

BENCHMARK(decision_without_order);
BENCHMARK(decision_with_order);

} // namespace
