// What a frame of the market channel costs on its whole way: to a row of features, and through the
// engine to the strategies' verdicts, with and without readers of the dashboard.
#include "connectors/simulated/simulated_venue.hpp"
#include "engine/app/engine.hpp"
#include "engine/app/engine_probe.hpp"
#include "engine/app/operations.hpp"
#include "engine/app/run_storage.hpp"
#include "engine/metrics/heartbeat.hpp"
#include "engine/runtime/wakeups.hpp"
#include "models/window/live_moment.hpp"
#include "models/window/window_features.hpp"
#include "tests/bench/dashboard_readers.hpp"
#include "tests/bench/recorded_frames.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <fstream>
#include <malloc.h>
#include <thread>

namespace {

using namespace polyquant;
using namespace polyquant::bench;

models::window::WindowFeatureState warm_features(app::ReplayPlan const& plan) {
    auto const model = models::window::VolatilityModel::unfitted();
    auto const shape = models::window::TailShape::normal();
    models::window::WindowFeatureState features{
        {model, model, model, model}, {shape, shape, shape, shape}
    };
    for (auto const asset : all_assets)
        for (auto const& bar : plan.history[index_of(asset)])
            features.on_bar(asset, bar);
    return features;
}

// The market board and the state of the features behind one bus, asked after every frame.
class FeaturePath {
public:
    explicit FeaturePath(app::ReplayPlan const& plan) : features_{warm_features(plan)} {
        bus_.subscribe("board", runtime::EventKinds::all(), [this](Event const& event) {
            board_.on(event);
        });
        bus_.on<BarUpdate>("features", [this](BarUpdate const& update) {
            if (!update.closed) return;
            features_.on_bar(update.asset, update.bar);
            last_close_ = update.bar.close_time();
        });
    }

    void play(RecordedFrames const& recorded) {
        Instant now{};
        for (auto const& step : recorded.steps) {
            now += Nanos{1};
            if (step.size == 0) {
                intake_.on(recorded.events[step.event], now);
                continue;
            }
            unreadable_ += intake_.on(recorded.frame_of(step), step.at, now) ? 0 : 1;
            make_row(step.at);
        }
    }

    std::uint64_t rows() const { return rows_; }

    std::uint64_t mishaps() const { return unreadable_ + intake_.mishaps(); }

private:
    void make_row(UtcTime now) {
        using namespace models::window;
        auto const view = board_.view(Asset::btc, window_at(now), now);
        if (!why_unusable(view, features_.is_ready(Asset::btc, now), last_close_).empty()) return;
        auto const [state, price_noise] = live_moment(view);
        features_.fill({Asset::btc, view.window, now, state, price_noise}, row_);
        benchmark::DoNotOptimize(row_.data());
        ++rows_;
    }

    runtime::Bus bus_;
    market::MarketBoard board_;
    models::window::WindowFeatureState features_;
    Intake intake_{bus_};
    std::vector<double> row_ = std::vector<double>(models::window::row_feature_count);
    UtcTime last_close_{};
    std::uint64_t rows_ = 0;
    std::uint64_t unreadable_ = 0;
};

void frames_to_features(benchmark::State& state) {
    auto const& recorded = recorded_frames();
    double frames = 0;
    double rows = 0;
    for (auto _ : state) {
        state.PauseTiming();
        auto path = std::make_unique<FeaturePath>(recorded.plan);
        state.ResumeTiming();
        path->play(recorded);
        if (path->mishaps() != 0) state.SkipWithError("frames were unreadable or doubted");
        frames += static_cast<double>(recorded.frames);
        rows += static_cast<double>(path->rows());
    }
    state.counters["frames/s"] = benchmark::Counter{frames, benchmark::Counter::kIsRate};
    state.counters["rows/frame"] = rows / frames;
    state.counters["bytes/frame"] =
        static_cast<double>(recorded.text.size()) / static_cast<double>(recorded.frames);
}

BENCHMARK(frames_to_features)->Unit(benchmark::kMillisecond);

// The engine as a replay has it, with the time of each frame taken: from its text to the point
// where everything that it woke has run. What the clock and the disk do comes between the frames.
class VerdictPath final : app::EngineListener {
public:
    explicit VerdictPath(RecordedFrames const& recorded)
        : recorded_{recorded}, storage_{app::open_storage(recorded.plan, true).value()},
          clock_{recorded.plan.start},
          venue_{
              clock_,
              io_.get_executor(),
              recorded.config.simulated,
              1,
              [this](Event event) {
                  bus_.publish(std::move(event));
              }
          },
          engine_{
              app::EngineParts{
                  io_.get_executor(),
                  clock_,
                  bus_,
                  training_,
                  disk_,
                  venue_,
                  *storage_.journal,
                  storage_.ledger,
                  *this
              },
              recorded.config
          } {
        using runtime::EventKinds;
        bus_.subscribe(
            "venue",
            EventKinds::of<MarketListed, BookSnapshot, BookChange, TickSizeChanged, PublicTrade>(),
            [this](Event const& event) { venue_.on(event); }
        );
        for (auto const asset : recorded.config.run.assets)
            engine_.warm_up(asset, recorded.plan.history[index_of(asset)]);
        engine_.supervisor().start(runtime::Stage::close, "venue", venue_.run());
        engine_.keep_decisions(false);
        probe_.start();
        engine_.start();
        settle();
    }

    // As beside a live run; before play(). Where its dashboard listens.
    std::string watch() {
        auto config = recorded_.config;
        config.metrics.port = 0;
        config.dashboard.port = 0;
        auto const directory = recorded_.plan.directory;
        operations_ = app::Operations::create({std::move(config),
                                               directory,
                                               io_.get_executor(),
                                               [](std::string const&) {},
                                               [this] {
                                                   return probe_.figures();
                                               }}
        ).value();
        operations_->start(engine_.supervisor());
        for (;;) // the first heartbeat follows by itself
            if (std::ifstream file{directory / metrics::heartbeat_file}) {
                std::string const text{std::istreambuf_iterator{file}, {}};
                return metrics::parse_heartbeat(text).value().dashboard;
            }
    }

    // Nanoseconds of each frame.
    std::vector<std::uint32_t> play() {
        std::vector<std::uint32_t> took;
        took.reserve(recorded_.frames);
        for (auto const& step : recorded_.steps) {
            if (operations_ && took.size() % 1'024 == 0) poll(); // its timers are the machine's
            pass_to(clock_.instant_of(step.at));
            if (step.size == 0)
                intake_.on(recorded_.events[step.event], clock_.now());
            else
                took.push_back(time(step));
            settle();
        }
        return took;
    }

    std::uint64_t facts() const { return engine_.facts(); }

    std::uint64_t mishaps() const { return failures_ + intake_.mishaps(); }

    void say(std::string const&) override {}

    void window_settled(observe::SettledWindow const&) override {}

    void fatal(Failure const&) override { ++failures_; }

private:
    std::uint32_t time(Step const& step) {
        auto const frame = recorded_.frame_of(step);
        auto const begin = std::chrono::steady_clock::now();
        auto const good = intake_.on(frame, step.at, clock_.now());
        if (wakeups_.count() != seen_wakeups_) poll();
        auto const end = std::chrono::steady_clock::now();
        if (!good) ++failures_;
        return static_cast<std::uint32_t>(Nanos{end - begin}.count());
    }

    void pass_to(Instant at) {
        for (auto due = clock_.next_due(); due && *due <= at; due = clock_.next_due()) {
            clock_.advance_to(*due);
            settle();
        }
        if (at > clock_.now()) clock_.move_to(at);
    }

    void poll() {
        io_.restart();
        io_.poll();
        seen_wakeups_ = wakeups_.count();
    }

    void settle() {
        for (;;) {
            if (wakeups_.count() != seen_wakeups_) poll();
            auto const delivered = training_.deliver() + disk_.deliver();
            if (delivered == 0 && wakeups_.count() == seen_wakeups_) return;
        }
    }

    RecordedFrames const& recorded_;
    app::ReplaySession::Storage storage_;
    runtime::SimClock clock_;
    asio::io_context io_;
    runtime::Wakeups& wakeups_ = runtime::Wakeups::of(io_);
    std::uint64_t seen_wakeups_ = 0;
    runtime::Bus bus_;
    runtime::SidePool training_{io_, 1, runtime::Delivery::held};
    runtime::SidePool disk_{io_, 1, runtime::Delivery::held};
    simulated::SimulatedVenue venue_;
    app::Engine engine_;
    Intake intake_{bus_};
    std::uint64_t failures_ = 0;
    runtime::LagMeter lag_;
    app::EngineProbe probe_{{engine_, bus_, clock_, lag_, 1, {}, [this](metrics::Figures& f) {
                                 f.mode = "benchmark";
                                 f.status = engine_.status("benchmark");
                             }}};
    std::unique_ptr<app::Operations> operations_;
};

double microseconds_at(std::vector<std::uint32_t> const& sorted, double q) {
    auto const rank = static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1));
    return static_cast<double>(sorted[rank]) / 1e3;
}

void frame_to_verdict(benchmark::State& state) {
    auto const& recorded = recorded_frames();
    std::vector<std::uint32_t> took;
    double facts = 0;
    for (auto _ : state) {
        auto path = std::make_unique<VerdictPath>(recorded);
        auto const pass = path->play();
        if (path->mishaps() != 0) state.SkipWithError("frames were doubted, or the engine failed");
        took.insert(took.end(), pass.begin(), pass.end());
        facts = static_cast<double>(path->facts());
        path.reset();
        std::filesystem::remove_all(recorded.plan.directory);
    }
    std::ranges::sort(took);
    state.counters["p50_us"] = microseconds_at(took, 0.5);
    state.counters["p99_us"] = microseconds_at(took, 0.99);
    state.counters["p999_us"] = microseconds_at(took, 0.999);
    state.counters["max_us"] = microseconds_at(took, 1);
    state.counters["facts"] = facts;
}

BENCHMARK(frame_to_verdict)->Unit(benchmark::kMillisecond)->Iterations(3);

// Passes with fifty open pages and passes with none take turns, so that whatever else the machine
// does meets both alike.
void frame_to_verdict_with_readers(benchmark::State& state) {
    auto const& recorded = recorded_frames();
    std::array<std::vector<std::uint32_t>, 2> took;
    double megabytes = 0;
    auto const pass = [&](std::size_t readers) {
        auto path = std::make_unique<VerdictPath>(recorded);
        auto const began = std::chrono::steady_clock::now();
        auto const address = path->watch();
        DashboardReaders pages{address, readers};
        // Pages are told once a second, and a pass is shorter: it begins just before they are.
        std::this_thread::sleep_until(began + Millis{900});
        auto const nanos = path->play();
        if (path->mishaps() != 0 || pages.connected() != readers)
            state.SkipWithError("frames were doubted, or pages were refused");
        auto& all = took[readers > 0 ? 1 : 0];
        all.insert(all.end(), nanos.begin(), nanos.end());
        megabytes += pages.megabytes();
        path.reset();
        std::filesystem::remove_all(recorded.plan.directory);
    };
    for (auto _ : state) {
        pass(0);
        pass(50);
        pass(50);
        pass(0);
    }
    for (auto& all : took)
        std::ranges::sort(all);
    state.counters["p50_us_alone"] = microseconds_at(took[0], 0.5);
    state.counters["p50_ratio"] = microseconds_at(took[1], 0.5) / microseconds_at(took[0], 0.5);
    state.counters["p99_us_alone"] = microseconds_at(took[0], 0.99);
    state.counters["p99_us_50_readers"] = microseconds_at(took[1], 0.99);
    state.counters["p99_ratio"] = microseconds_at(took[1], 0.99) / microseconds_at(took[0], 0.99);
    state.counters["MB_read"] = megabytes;
}

BENCHMARK(frame_to_verdict_with_readers)->Unit(benchmark::kMillisecond)->Iterations(8);

// What the allocator has handed out: resident pages would count what earlier benchmarks freed.
double allocated_mb() {
    auto const info = ::mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd) / 1e6;
}

Market market_of(int number) {
    Market market;
    market.slug = fmt::format("market-{}", number);
    for (std::size_t i = 0; i < 4; ++i) {
        auto const byte = static_cast<std::uint8_t>(number >> (8 * i));
        market.condition.bytes[31 - i] = market.up.bytes[31 - i] = market.down.bytes[31 - i] = byte;
    }
    market.up.bytes[0] = 1;
    market.down.bytes[0] = 2;
    market.window = {utc_from_seconds(1'776'081'600), Seconds{300}};
    return market;
}

// Tokens followed with books of 45 + 45 levels, in the feed's books and on the market board.
void tracked_tokens_memory(benchmark::State& state) {
    auto const tokens = static_cast<int>(state.range(0));
    std::vector<Level> bids;
    std::vector<Level> asks;
    for (int cent = 1; cent <= 45; ++cent) {
        bids.push_back({cents(cent), shares(cent)});
        asks.push_back({cents(100 - cent), shares(cent)});
    }
    Stamp const at{utc_from_seconds(1'776'081'600), utc_from_seconds(1'776'081'600), 0};
    double grown = 0;
    for (auto _ : state) {
        auto const before = allocated_mb();
        market::BoardLimits limits;
        limits.markets_max = static_cast<std::size_t>(tokens);
        market::MarketBoard board{limits};
        polymarket::BookKeeper keeper{
            {},
            {[&](Event const& event) { board.on(event); },
             [](TokenId const&) {},
             [](std::size_t, std::string const&) {
             }}
        };
        for (int n = 1; n <= tokens / 2; ++n) {
            auto const market = market_of(n);
            board.on(MarketListed{at, market});
            keeper.follow(market, static_cast<std::size_t>(n / 100), Instant{});
            for (auto const& token : {market.up, market.down}) {
                polymarket::BookMessage message;
                message.book = {at, token, bids, asks};
                keeper.on(message, 0, Instant{});
            }
        }
        grown = allocated_mb() - before;
        if (board.counts().markets_refused != 0 || board.counts().unknown_tokens != 0)
            state.SkipWithError("the board did not take the markets");
    }
    state.counters["MB"] = grown;
    state.counters["kB/token"] = grown * 1e3 / tokens;
}

BENCHMARK(tracked_tokens_memory)->Arg(10'000)->Unit(benchmark::kMillisecond)->Iterations(1);

} // namespace
