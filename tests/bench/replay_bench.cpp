// What the recorded books cost: a level change in the board, and the whole engine replaying them.
#include "connectors/tape/feed.hpp"
#include "engine/app/replay_command.hpp"
#include "engine/market/market_board.hpp"

#include <benchmark/benchmark.h>
#include <boost/json.hpp>

#include <array>
#include <filesystem>
#include <fstream>

namespace {

using namespace polyquant;

std::filesystem::path const sample = std::filesystem::path{PQ_SOURCE_DIR} / "data/sample";

std::vector<Event> const& recorded_events() {
    static std::vector<Event> const events = [] {
        std::vector<Event> all;
        auto feed = tape::TapeFeed::open({{sample / "btc5m-book-20260415.tape", {}, {}}}).value();
        while (auto* event = feed.next())
            all.push_back(std::move(*event));
        return all;
    }();
    return events;
}

// Snapshots, changes and listings of three recorded hours through the market board.
void board_update(benchmark::State& state) {
    auto const& events = recorded_events();
    auto board = std::make_unique<market::MarketBoard>();
    std::size_t i = 0;
    for (auto _ : state) {
        if (i == events.size()) {
            state.PauseTiming();
            board = std::make_unique<market::MarketBoard>();
            i = 0;
            state.ResumeTiming();
        }
        board->on(events[i++]);
    }
}

BENCHMARK(board_update);

// Three hours of one asset's books with five strategies, fills, journal and ledger; the bars of
// four coins and their training included.
double replay(benchmark::State& state, app::ReplayOptions options) {
    options.configs = {std::filesystem::path{PQ_SOURCE_DIR} / "config/sample.toml"};
    options.speed = "max";
    options.directory = std::filesystem::temp_directory_path() / "polyquant-bench-replay";
    options.fresh = true;
    options.json = true;
    auto* out = std::tmpfile();
    if (app::run_replay(options, out, stderr) != 0) state.SkipWithError("the replay failed");
    std::rewind(out);
    std::string text;
    std::array<char, 65536> buffer{};
    while (auto const n = std::fread(buffer.data(), 1, buffer.size(), out))
        text.append(buffer.data(), n);
    std::fclose(out);
    std::filesystem::remove_all(*options.directory);
    return static_cast<double>(boost::json::parse(text).at("events").as_int64());
}

void replay_sample(benchmark::State& state) {
    double events = 0;
    for (auto _ : state)
        events += replay(state, {});
    state.counters["events/s"] = benchmark::Counter{events, benchmark::Counter::kIsRate};
}

BENCHMARK(replay_sample)->Unit(benchmark::kMillisecond);

// A day of one coin's bars through the same engine: features, six trainings, 288 signals.
void replay_bar_day(benchmark::State& state) {
    for (auto _ : state) {
        app::ReplayOptions options;
        options.tapes = {sample / "btc-1m-bars.tape"};
        options.from = "2026-04-13T00:00:00Z";
        options.until = "2026-04-14T00:00:00Z";
        replay(state, options);
    }
}

BENCHMARK(replay_bar_day)->Unit(benchmark::kMillisecond);

void read_tape(benchmark::State& state) {
    double events = 0;
    for (auto _ : state) {
        auto feed = tape::TapeFeed::open({{sample / "btc5m-book-20260415.tape", {}, {}}}).value();
        while (auto* event = feed.next())
            benchmark::DoNotOptimize(event);
        events += static_cast<double>(feed.events());
    }
    state.counters["events/s"] = benchmark::Counter{events, benchmark::Counter::kIsRate};
}

BENCHMARK(read_tape)->Unit(benchmark::kMillisecond);

} // namespace
