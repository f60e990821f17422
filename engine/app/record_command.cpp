#include "engine/app/record_command.hpp"

#include "config/param_value.hpp"
#include "config/raw_value.hpp"
#include "config/run_config.hpp"
#include "connectors/tape/round_trip.hpp"
#include "connectors/tape/session/session_recorder.hpp"
#include "engine/app/build_info.hpp"
#include "engine/app/live_feeds.hpp"
#include "engine/app/network_job.hpp"
#include "engine/runtime/lag_meter.hpp"
#include "strategies/catalog.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <map>
#include <ostream>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;

constexpr Seconds close_max{4};
constexpr Seconds told_every{60};

struct Arguments {
    std::vector<fs::path> configs;
    fs::path directory;
    std::string run_for;
    bool raw = false;
};

class Recording {
public:
    Recording(NetworkJob& job, config::RunConfig const& config, std::ostream& out)
        : job_{job}, config_{config}, out_{out} {}

    Result<void> open(fs::path const& directory, bool raw);
    // Until cancelled, or for the time given.
    Task<ExitCode> run(std::optional<Seconds> run_for);

    ExitCode exit_code(ExitCode code) const {
        return events_->trouble() || (frames_ && frames_->trouble()) ? ExitCode::storage : code;
    }

    void summarize() const;

private:
    Result<std::unique_ptr<tape::SessionRecorder>>
    open_series(fs::path const& directory, std::string prefix);
    void take(Event event);
    void keep(std::string_view feed, std::string_view topic, std::string_view bytes, UtcTime at);
    void keep_history(Asset asset, std::span<Bar const> bars);
    void keep_round_trip(std::string path, Nanos took);
    void say(std::string const& line);

    NetworkJob& job_;
    config::RunConfig const& config_;
    std::ostream& out_;
    runtime::Bus bus_;
    std::unique_ptr<tape::SessionRecorder> events_;
    std::unique_ptr<tape::SessionRecorder> frames_;
    std::unique_ptr<LiveFeeds> feeds_;
    std::map<std::string, runtime::LagMeter> round_trips_;
    UtcTime last_received_{};
};

Result<std::unique_ptr<tape::SessionRecorder>>
Recording::open_series(fs::path const& directory, std::string prefix) {
    tape::RecorderOptions options;
    options.series.prefix = prefix;
    options.series.metadata.source = "live feeds";
    options.series.metadata.created_by = "polyquant record " + code_version();
    for (auto const asset : config_.run.assets)
        options.series.metadata.symbols.emplace_back(to_string(asset));
    options.on_change = [this, prefix](Failure const* failure) {
        say(failure != nullptr
                ? fmt::format("ALARM not recording {}: {}", prefix, describe(*failure))
                : fmt::format("recording {} again", prefix));
    };
    auto recorder =
        tape::SessionRecorder::open(job_.io(), job_.clock(), directory, std::move(options));
    if (!recorder) return recorder;
    for (auto const* lines : {&(*recorder)->repairs().repaired, &(*recorder)->repairs().refused})
        for (auto const& line : *lines)
            say(line);
    auto& r = **recorder;
    auto& supervisor = job_.supervisor();
    supervisor.start(runtime::Stage::close, "recorder." + prefix, r.run());
    supervisor.on_stop(runtime::Stage::close, "close " + prefix, [this, &r] {
        return r.close(job_.clock().now() + close_max);
    });
    return recorder;
}

Result<void> Recording::open(fs::path const& directory, bool raw) {
    auto events = open_series(directory, "events");
    if (!events) return events.error();
    events_ = std::move(*events);
    auto context = job_.context();
    context.dialer.set_round_trip_tap([this](auto feed, auto topic, Nanos took, UtcTime) {
        keep_round_trip(fmt::format("{} {}", feed, topic), took);
    });
    if (raw) {
        auto frames = open_series(directory / "raw", "raw");
        if (!frames) return frames.error();
        frames_ = std::move(*frames);
        context.dialer.set_tap([this](auto feed, auto topic, auto bytes, UtcTime at) {
            keep(feed, topic, bytes, at);
        });
    }
    auto feeds = LiveFeeds::create(
        std::move(context),
        job_.pool(),
        config_,
        fs::path{config_.run.state_dir} / "cache",
        {},
        LiveFeeds::Hooks{
            [this](Event event) { take(std::move(event)); },
            [this](std::string const& line) { say(line); },
            [this](Asset asset, std::span<Bar const> bars) {
                keep_history(asset, bars);
            }
        }
    );
    if (!feeds) return feeds.error();
    feeds_ = std::move(*feeds);
    return {};
}

Task<ExitCode> Recording::run(std::optional<Seconds> run_for) {
    auto& clock = job_.clock();
    auto const end = run_for ? clock.now() + *run_for : Instant::max();
    feeds_->start(bus_, job_.supervisor());
    while (clock.now() < end) {
        auto const rang = co_await clock.wait_until(std::min(end, clock.now() + told_every));
        if (!rang) co_return ExitCode::interrupted;
        auto const& counts = events_->counts();
        say(fmt::format("{} events recorded, {} lost", counts.written, counts.lost));
    }
    co_return ExitCode::ok;
}

// Receive times never go back, so that a replay has this order too.
void Recording::take(Event event) {
    auto& at = stamp_of(event).received_at;
    at = std::max(at, last_received_);
    last_received_ = at;
    events_->write(event);
    bus_.publish(std::move(event));
}

void Recording::keep(
    std::string_view feed, std::string_view topic, std::string_view bytes, UtcTime at
) {
    frames_->write(
        tape::RawFrame{Stamp{at, at, 0}, std::string{feed}, std::string{topic}, std::string{bytes}}
    );
}

// What models need before the first live bar stands on the tape before it.
void Recording::keep_history(Asset asset, std::span<Bar const> bars) {
    auto const now = job_.clock().utc_now();
    for (auto const& bar : bars)
        take(Event{BarUpdate{Stamp{bar.close_time(), now, 0}, asset, bar, true}});
}

void Recording::keep_round_trip(std::string path, Nanos took) {
    round_trips_[path].note(took);
    last_received_ = std::max(last_received_, job_.clock().utc_now());
    events_->write(tape::frame_of({std::move(path), took}, last_received_));
}

void Recording::say(std::string const& line) {
    out_ << format_utc(job_.clock().utc_now()).substr(11, 8) << ' ' << line << std::endl;
}

void Recording::summarize() const {
    auto const tell = [this](char const* what, tape::RecorderCounts const& counts) {
        out_ << fmt::format("{}: {} recorded, {} lost\n", what, counts.written, counts.lost);
    };
    tell("events", events_->counts());
    if (frames_) tell("raw frames", frames_->counts());
    auto const ms = [](Nanos time) {
        return std::chrono::duration<double, std::milli>(time).count();
    };
    for (auto const& [path, trips] : round_trips_)
        out_ << fmt::format(
            "round trip {:<28} {:>6} answers, median {:.1f} ms, 1 in 100 above {:.1f} ms\n",
            path,
            trips.count(),
            ms(trips.quantile(0.5)),
            ms(trips.quantile(0.99))
        );
}

Result<std::optional<Seconds>> parse_duration(std::string const& text) {
    if (text.empty()) return std::optional<Seconds>{};
    config::RawValue raw;
    raw.kind = config::RawValue::Kind::string;
    raw.text = text;
    Seconds time{0};
    if (auto const complaint = config::read_value(raw, time))
        return Failure{Fault::invalid, "--for", *complaint};
    return std::optional{time};
}

} // namespace

int run_record(std::vector<std::string> const& args, std::ostream& out, std::ostream& err) {
    Arguments a;
    CLI::App app{
        "Record every public feed onto tapes that rotate by the hour. Needs no key; a second start "
        "goes on in the same directory.",
        "polyquant record"
    };
    app.add_option("-c,--config", a.configs, "Configuration files with [endpoints] and [run]")
        ->check(CLI::ExistingFile);
    app.add_option("--dir", a.directory, "Where the tapes go (recordings below [run] state_dir)");
    app.add_option("--for", a.run_for, "Stop in order after this time, e.g. 2h");
    app.add_flag(
        "--raw", a.raw, "Keep all messages and answers as they came, too, on tapes in DIR/raw"
    );
    std::vector<std::string> reversed{args.rbegin(), args.rend()};
    try {
        app.parse(reversed);
    } catch (CLI::ParseError const& error) {
        auto const answered = app.exit(error, out, err) == 0;
        return code(answered ? ExitCode::ok : ExitCode::usage);
    }
    auto const refuse = [&err](Failure const& failure) {
        err << describe(failure) << '\n';
        return code(failure.fault == Fault::storage ? ExitCode::storage : ExitCode::usage);
    };
    auto const run_for = parse_duration(a.run_for);
    if (!run_for) return refuse(run_for.error());
    auto const config = config::load_run_config(a.configs, strategies::strategy_kinds());
    if (!config) {
        err << config::to_string(config.error());
        return code(ExitCode::usage);
    }
    auto job = NetworkJob::create(config->endpoints, err);
    if (!job) return refuse(job.error());
    auto const directory =
        a.directory.empty() ? fs::path{config->run.state_dir} / "recordings" : a.directory;
    Recording recording{**job, *config, out};
    if (auto const opened = recording.open(directory, a.raw); !opened)
        return refuse(opened.error());
    auto const done = (*job)->run(recording.run(*run_for));
    recording.summarize();
    // Ctrl-C is how a recording ends.
    return code(recording.exit_code(done == ExitCode::interrupted ? ExitCode::ok : done));
}

} // namespace polyquant::app
