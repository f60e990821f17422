#include "engine/app/signal_command.hpp"

#include "config/run_config.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/live_signals.hpp"
#include "engine/app/replay_feed.hpp"
#include "engine/app/replay_plan.hpp"
#include "engine/app/signal_pipeline.hpp"
#include "engine/runtime/replay_loop.hpp"
#include "engine/runtime/supervisor.hpp"
#include "engine/signal/signal_store.hpp"
#include "strategies/catalog.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <optional>
#include <ostream>

namespace polyquant::app {

namespace {

constexpr auto replay_mode = "replay";

struct SignalOptions {
    std::vector<std::filesystem::path> tapes;
    std::vector<std::filesystem::path> configs;
    std::filesystem::path directory;
    std::string from;
    std::string until;
    std::string mode = replay_mode;
    std::filesystem::path sandbox = "state/sandbox";
    std::string time;
    std::optional<Seconds> run_for;
    double bankroll = 1'000;
    double min_edge = 0.03;
};

// Windows are settled by the venue's word or by prices some time after their end.
constexpr Seconds settling_time{900};

config::Loaded load(SignalOptions const& options) {
    auto files = options.configs;
    if (options.mode == "sandbox") files.push_back(options.sandbox / "endpoints.toml");
    auto loaded = config::load_run_config(files, strategies::strategy_kinds());
    if (!loaded) return loaded;
    if (!options.tapes.empty()) {
        loaded->feed.tapes.clear();
        for (auto const& tape : options.tapes)
            loaded->feed.tapes.push_back(std::filesystem::absolute(tape).string());
    }
    if (!options.from.empty()) loaded->feed.from = options.from;
    if (!options.until.empty()) loaded->feed.until = options.until;
    return loaded;
}

// Everything of one run on recorded time, in the order it is built.
class SignalRun {
public:
    SignalRun(
        ReplayPlan const& plan,
        config::RunConfig const& config,
        signal::SignalParams params,
        signal::SignalStore& store
    )
        : clock_{plan.start}, training_{io_, 1, runtime::Delivery::held},
          supervisor_{
              io_.get_executor(),
              clock_,
              [this](std::string const& name, Failure const& failure) {
                  fail({failure.fault, name, "ended: " + describe(failure)});
              }
          },
          pipeline_{
              io_.get_executor(),
              clock_,
              bus_,
              training_,
              config,
              params,
              store,
              [this](Failure const& failure) {
                  fail(failure);
              }
          },
          loop_{io_, clock_, bus_} {
        for (auto const asset : config.run.assets)
            pipeline_.warm_up(asset, plan.history[index_of(asset)]);
    }

    Result<void> run(RunInput& input) {
        loop_.include(training_);
        pipeline_.start(supervisor_);
        ReplayFeed feed{input, [](std::uint64_t) {
                        }};
        loop_.run(feed);
        // Rows taken from now on would be of an empty world: only settlements are waited for.
        pipeline_.actor().take_no_rows_from(clock_.utc_now());
        auto const end = clock_.utc_now() + settling_time;
        loop_.drain(end, [&] { return failure_ || actor().pending() == 0; });
        bool stopped = false;
        asio::co_spawn(io_, supervisor_.stop(), [&](std::exception_ptr, runtime::StopReport) {
            stopped = true;
        });
        loop_.drain(clock_.utc_now() + Seconds{60}, [&] { return stopped; });
        if (failure_) return *failure_;
        return {};
    }

    signal::SignalActor const& actor() const { return pipeline_.actor(); }

private:
    void fail(Failure const& failure) {
        if (failure_) return;
        failure_ = failure;
        loop_.request_stop();
    }

    runtime::SimClock clock_;
    asio::io_context io_;
    runtime::Bus bus_;
    runtime::SidePool training_;
    runtime::Supervisor supervisor_;
    SignalPipeline pipeline_;
    runtime::ReplayLoop loop_;
    std::optional<Failure> failure_;
};

ExitCode exit_for(Failure const& failure) {
    if (failure.fault == Fault::storage) return ExitCode::storage;
    return failure.fault == Fault::parse ? ExitCode::bad_data : ExitCode::usage;
}

signal::SignalParams params_of(SignalOptions const& options) {
    signal::SignalParams params;
    params.bankroll = usd_cents(static_cast<std::int64_t>(options.bankroll * 100 + 0.5));
    params.min_edge = options.min_edge;
    return params;
}

Result<SignalTotals> replay_signals(
    SignalOptions const& options,
    ReplayPlan const& plan,
    config::RunConfig const& config,
    signal::SignalStore& store
) {
    std::vector<tape::TapeSource> sources;
    for (auto const& path : plan.tapes)
        sources.push_back({path, plan.start, plan.until});
    auto tape = tape::TapeFeed::open(sources);
    if (!tape) return tape.error();
    SignalRun run{plan, config, params_of(options), store};
    TapeInput input{std::move(*tape)};
    if (auto const done = run.run(input); !done) return done.error();
    auto const& counts = run.actor().counts();
    return SignalTotals{
        counts.rows, counts.resolved, counts.bets, counts.won, run.actor().bankroll()
    };
}

Result<LiveSignalsEnd>
perform(SignalOptions const& options, config::RunConfig const& config, std::ostream& err) {
    auto directory = options.directory;
    std::optional<ReplayPlan> plan;
    if (options.mode == replay_mode) {
        auto planned = plan_replay(config, directory);
        if (!planned) return planned.error();
        plan = std::move(*planned);
        directory = plan->directory;
    }
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    auto store = signal::SignalStore::open(directory / "signals.sqlite");
    if (!store) return store.error();
    LiveSignalsEnd end;
    if (plan) {
        auto const totals = replay_signals(options, *plan, config, *store);
        if (!totals) return totals.error();
        end.totals = *totals;
    } else {
        auto const ended =
            run_live_signals({config, params_of(options), directory, options.run_for}, *store, err);
        if (!ended) return ended.error();
        end = *ended;
    }
    if (auto const written = store->export_csv(directory / "signals.csv"); !written)
        return written.error();
    return end;
}

int run_with(SignalOptions const& options, std::ostream& out, std::ostream& err) {
    auto const config = load(options);
    if (!config) {
        err << config::to_string(config.error());
        return code(ExitCode::usage);
    }
    auto const ended = perform(options, *config, err);
    if (!ended) {
        err << describe(ended.error()) << '\n';
        return code(exit_for(ended.error()));
    }
    auto const& totals = ended->totals;
    out << fmt::format(
        "{} rows, {} resolved, {} would have bet, {} of them won; bankroll {} -> {}\n{}\n",
        totals.rows,
        totals.resolved,
        totals.bets,
        totals.won,
        to_cents_text(params_of(options).bankroll),
        to_cents_text(totals.bankroll),
        (options.directory / "signals.csv").string()
    );
    return code(ended->exit);
}

// "24h", as in the configuration.
Result<Seconds> read_duration(std::string const& text) {
    config::RawValue raw;
    raw.kind = config::RawValue::Kind::string;
    raw.text = text;
    Seconds time{0};
    if (auto const complaint = config::read_value(raw, time))
        return Failure{Fault::invalid, "--for", *complaint};
    return time;
}

} // namespace

int run_signal(std::vector<std::string> const& args, std::ostream& out, std::ostream& err) {
    SignalOptions options;
    CLI::App app{"Run the pipeline without orders and log every decision", "polyquant signal"};
    app.add_option("tapes", options.tapes, "Tapes, instead of those the configuration names")
        ->check(CLI::ExistingFile);
    app.add_option("-c,--config", options.configs, "Configuration files; several are merged")
        ->required()
        ->check(CLI::ExistingFile);
    app.add_option("--dir", options.directory, "Where signals.sqlite and signals.csv go")
        ->required();
    app.add_option("--mode", options.mode, "replay (tapes), paper (live markets) or sandbox")
        ->check(CLI::IsMember({replay_mode, "paper", "sandbox"}))
        ->capture_default_str();
    app.add_option("--sandbox", options.sandbox, "Directory of the running sandbox")
        ->capture_default_str();
    app.add_option("--for", options.time, "Live: take rows for this long, e.g. 24h, then settle");
    app.add_option("--from", options.from, "Begin at this UTC time");
    app.add_option("--until", options.until, "Stop at this UTC time");
    app.add_option("--bankroll", options.bankroll, "USDC that the bets are reckoned from")
        ->check(CLI::Range(1.0, 1e9));
    app.add_option("--min-edge", options.min_edge, "Least P - ask of a bet")
        ->check(CLI::Range(0.0, 1.0));
    try {
        auto reversed = args;
        std::ranges::reverse(reversed);
        app.parse(reversed);
    } catch (CLI::ParseError const& error) {
        auto const answered = app.exit(error, out, err) == 0;
        return code(answered ? ExitCode::ok : ExitCode::usage);
    }
    if (!options.time.empty()) {
        auto const time = read_duration(options.time);
        if (!time) {
            err << describe(time.error()) << '\n';
            return code(ExitCode::usage);
        }
        options.run_for = *time;
    }
    return run_with(options, out, err);
}

} // namespace polyquant::app
