#include "engine/app/signal_command.hpp"

#include "config/run_config.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/model_setup.hpp"
#include "engine/app/replay_feed.hpp"
#include "engine/app/replay_plan.hpp"
#include "engine/runtime/replay_loop.hpp"
#include "engine/runtime/supervisor.hpp"
#include "engine/signal/signal_actor.hpp"
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

struct SignalOptions {
    std::vector<std::filesystem::path> tapes;
    std::vector<std::filesystem::path> configs;
    std::filesystem::path directory;
    std::string from;
    std::string until;
    double bankroll = 1'000;
    double min_edge = 0.03;
};

// Windows are settled by the venue's word or by prices some time after their end.
constexpr Seconds settling_time{900};

config::Loaded load(SignalOptions const& options) {
    auto loaded = config::load_run_config(options.configs, strategies::strategy_kinds());
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
          models_{
              io_.get_executor(),
              training_,
              make_models(config.run.assets, config.model),
              models::SignalTime::window_start
          },
          actor_{
              clock_,
              config.run.assets,
              params,
              {.on_row =
                   [this, &store](signal::SignalRow const& row) {
                       if (auto const put = store.put(row); !put) fail(put.error());
                   },
               .baseline =
                   [this](Asset asset) {
                       return models_.signal(asset);
                   }}
          },
          loop_{io_, clock_, bus_} {
        for (auto const asset : config.run.assets) {
            auto const& history = plan.history[index_of(asset)];
            models_.warm_up(asset, history);
            actor_.warm_up(asset, history);
        }
    }

    Result<void> run(RunInput& input) {
        loop_.include(training_);
        bus_.subscribe("signal", runtime::EventKinds::all(), [this](Event const& event) {
            actor_.on(event);
        });
        bus_.on<BarUpdate>("models", [this](BarUpdate const& bar) {
            models_.on(bar, clock_.utc_now());
        });
        supervisor_.start(runtime::Stage::strategies, "models", models_.run());
        supervisor_.start(runtime::Stage::strategies, "signal", actor_.run());
        models_.request_trainings();
        ReplayFeed feed{input, [](std::uint64_t) {
                        }};
        loop_.run(feed);
        // Rows taken from now on would be of an empty world: only settlements are waited for.
        auto const rows = actor_.counts().rows;
        auto const end = clock_.utc_now() + settling_time;
        loop_.drain(end, [&] { return failure_ || actor_.counts().rows > rows; });
        bool stopped = false;
        asio::co_spawn(io_, supervisor_.stop(), [&](std::exception_ptr, runtime::StopReport) {
            stopped = true;
        });
        loop_.drain(clock_.utc_now() + Seconds{60}, [&] { return stopped; });
        if (failure_) return *failure_;
        return {};
    }

    signal::SignalActor const& actor() const { return actor_; }

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
    models::ModelActor models_;
    signal::SignalActor actor_;
    runtime::ReplayLoop loop_;
    std::optional<Failure> failure_;
};

ExitCode exit_for(Failure const& failure) {
    if (failure.fault == Fault::storage) return ExitCode::storage;
    return failure.fault == Fault::parse ? ExitCode::bad_data : ExitCode::usage;
}

int run_with(SignalOptions const& options, std::ostream& out, std::ostream& err) {
    auto const refuse = [&err](Failure const& failure) {
        err << describe(failure) << '\n';
        return code(exit_for(failure));
    };
    auto const config = load(options);
    if (!config) {
        err << config::to_string(config.error());
        return code(ExitCode::usage);
    }
    auto const plan = plan_replay(*config, options.directory);
    if (!plan) return refuse(plan.error());
    std::vector<tape::TapeSource> sources;
    for (auto const& path : plan->tapes)
        sources.push_back({path, plan->start, plan->until});
    auto tape = tape::TapeFeed::open(sources);
    if (!tape) return refuse(tape.error());
    std::error_code error;
    std::filesystem::create_directories(plan->directory, error);
    auto store = signal::SignalStore::open(plan->directory / "signals.sqlite");
    if (!store) return refuse(store.error());

    signal::SignalParams params;
    params.bankroll = usd_cents(static_cast<std::int64_t>(options.bankroll * 100 + 0.5));
    params.min_edge = options.min_edge;
    SignalRun run{*plan, *config, params, *store};
    TapeInput input{std::move(*tape)};
    if (auto const done = run.run(input); !done) return refuse(done.error());
    auto const csv = plan->directory / "signals.csv";
    if (auto const written = store->export_csv(csv); !written) return refuse(written.error());
    auto const& counts = run.actor().counts();
    out << fmt::format(
        "{} rows, {} resolved, {} would have bet, {} of them won; bankroll {} -> {}\n{}\n",
        counts.rows,
        counts.resolved,
        counts.bets,
        counts.won,
        to_cents_text(params.bankroll),
        to_cents_text(run.actor().bankroll()),
        csv.string()
    );
    return code(ExitCode::ok);
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
    return run_with(options, out, err);
}

} // namespace polyquant::app
