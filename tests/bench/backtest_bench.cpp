// One simulated day of four coins through the whole engine, and what it is made of.
#include "engine/app/backtest_command.hpp"
#include "engine/app/bar_input.hpp"
#include "engine/report/report.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>

using namespace polyquant;

namespace {

namespace fs = std::filesystem;

fs::path const root{PQ_SOURCE_DIR};

models::window::AssetBars const& sample_bars() {
    static auto const bars = app::read_bars({root / "data/sample"}).value();
    return bars;
}

app::BacktestOptions day(fs::path const& folder) {
    app::BacktestOptions o;
    o.configs = {root / "config/study.toml"};
    // Seven days, again every day: the walk-forward of the original.
    o.settings = {
        "model.train_bars=10080", "model.history_bars=10200", "model.retrain_windows=288"
    };
    o.quotes = root / "data/quote-model/btc5m.json";
    o.from = "2026-04-13";
    o.until = "2026-04-14";
    o.directory = folder / "run";
    o.fresh = true;
    o.quiet = true;
    return o;
}

fs::path scratch() {
    auto pattern = (fs::temp_directory_path() / "polyquant-bench-XXXXXX").string();
    return ::mkdtemp(pattern.data());
}

void backtest_day(benchmark::State& state, char const* model, bool toy) {
    auto const folder = scratch();
    auto options = day(folder);
    options.settings.push_back(std::string{"model.kind="} + model);
    if (toy) options.quotes = "toy";
    auto const& bars = sample_bars();
    for (auto _ : state) {
        auto const done = app::run_backtest(options, stdout, &bars);
        if (!done) state.SkipWithError(done.error().detail.c_str());
    }
    state.SetLabel("1 day, 4 coins, 4 strategies, ledger on disk");
    fs::remove_all(folder);
}

void markets_of_a_day(benchmark::State& state) {
    backtest::BarMarketOptions options;
    options.from = parse_utc("2026-04-13").value();
    options.until = parse_utc("2026-04-14").value();
    options.quotes = backtest::QuoteModel::load(root / "data/quote-model/btc5m.json").value();
    std::uint64_t events = 0;
    for (auto _ : state) {
        backtest::BarMarkets markets{sample_bars(), options};
        while (markets.next()) {
        }
        events += markets.events();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(events));
}

void report_of_a_day(benchmark::State& state) {
    auto const folder = scratch();
    auto options = day(folder);
    options.settings.emplace_back("model.kind=window");
    auto const made = app::run_backtest(options, stdout, &sample_bars()).value();
    for (auto _ : state) {
        auto const run = report::read_run(made.directory).value();
        auto const figures = report::compute_figures(run);
        benchmark::DoNotOptimize(report::report_html(report::report_json(run, figures)));
    }
    fs::remove_all(folder);
}

} // namespace

BENCHMARK_CAPTURE(backtest_day, baseline, "baseline", false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(backtest_day, window, "window", false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(backtest_day, toy, "baseline", true)->Unit(benchmark::kMillisecond);
BENCHMARK(markets_of_a_day)->Unit(benchmark::kMillisecond);
BENCHMARK(report_of_a_day)->Unit(benchmark::kMillisecond);
