#include "engine/app/backtest_command.hpp"

#include "engine/app/backtest_input.hpp"
#include "engine/app/bar_input.hpp"
#include "engine/app/build_info.hpp"
#include "engine/app/config_settings.hpp"
#include "engine/app/measured_latency.hpp"
#include "engine/app/run_storage.hpp"
#include "engine/backtest/baseline_procedure.hpp"
#include "models/window/bar_file.hpp"
#include "strategies/catalog.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace polyquant::app {

namespace {

using backtest::QuoteSource;
using models::window::AssetBars;

// Models that are trained once say so in a period that never ends.
constexpr int never_retrain = 1'000'000;

Failure invalid(std::string where, std::string detail) {
    return {Fault::invalid, std::move(where), std::move(detail)};
}

Result<config::RunConfig> load(BacktestOptions const& o) {
    auto loaded = load_with_settings(o.configs, o.settings);
    if (!loaded) return invalid("configuration", "\n" + config::to_string(loaded.error()));
    auto config = std::move(*loaded);
    if (o.seed) config.run.seed = *o.seed;
    if (!o.from.empty()) config.feed.from = o.from;
    if (!o.until.empty()) config.feed.until = o.until;
    config.feed.speed = "max";
    if (!o.assets.empty()) {
        config.run.assets.clear();
        for (auto const& name : o.assets) {
            auto const asset = parse_asset(name);
            if (!asset) return invalid("--assets", fmt::format("\"{}\" is no coin of ours", name));
            config.run.assets.push_back(*asset);
        }
    }
    if (o.one_bankroll) config.run.one_bankroll = true;
    if (o.frozen) config.model.retrain_windows = never_retrain;
    if (!o.tapes.empty()) {
        config.feed.tapes.clear();
        for (auto const& tape : o.tapes)
            config.feed.tapes.push_back(std::filesystem::absolute(tape).string());
    }
    if (!o.latency.empty())
        if (auto const taken = take_latency(config, o.latency); !taken) return taken.error();
    if (auto const unsound = config::unsound_strategies(config); !unsound.empty())
        return invalid("configuration", "\n" + config::to_string(unsound));
    return config;
}

struct Prepared {
    ReplayPlan plan;
    std::unique_ptr<RunInput> input;
    backtest::RunRecord record;
};

// A model that was trained on the days it is judged on has seen their outcomes.
Result<void> refuse_known_outcomes(TrainedModels const& models, UtcTime start) {
    for (auto const& model : models)
        if (model.trained.last_close > start)
            return invalid(
                "backtest",
                fmt::format(
                    "the model {} of {} was trained on bars up to {}, the first window is at {}: "
                    "begin after it, or train one with --until {}",
                    model.name,
                    to_string(model.asset),
                    format_utc(model.trained.last_close),
                    format_utc(start),
                    format_utc(start)
                )
            );
    return {};
}

std::string
models_text(config::RunConfig const& config, bool frozen, ReplaySession::Storage const& storage) {
    std::string text;
    switch (config.model.kind) {
    case config::ModelKind::baseline:
        text = frozen ? std::string{"frozen: trained once on the bars before the first window"}
                      : fmt::format(
                            "walk-forward: trained on {} bars, again every {} windows",
                            config.model.train_bars,
                            config.model.retrain_windows
                        );
        break;
    case config::ModelKind::window:
        text = "window model in closed form, volatility fitted before the first window";
        break;
    case config::ModelKind::trained:
        text = "frozen, trained before the first window: " + trained_text(storage.trained);
        break;
    case config::ModelKind::quotes:
        text = "what asks like the present ones have been worth, learned on the way";
        break;
    }
    if (storage.blend) text += "; blended with the market: " + describe(*storage.blend);
    return text;
}

// The original's procedure, coin by coin, each with a bankroll of its own as it had.
int run_baseline(BacktestOptions const& o, std::int64_t seed, std::FILE* out, std::FILE* err) {
    auto const refuse = [&](Failure const& failure) {
        fmt::print(err, "{}\n", describe(failure));
        return code(exit_for(failure));
    };
    auto const bars = read_bars(o.bars);
    if (!bars) return refuse(bars.error());
    auto from = UtcTime::min(), until = UtcTime::max();
    for (auto [text, to] : {std::pair{&o.from, &from}, {&o.until, &until}}) {
        if (text->empty()) continue;
        auto const time = parse_utc(*text);
        if (!time) return refuse(time.error());
        *to = *time;
    }
    if (!o.json)
        fmt::print(
            out,
            "QUOTES INVENTED (baseline procedure): the original's random price around 0.50, which "
            "knows nothing; results are no evidence of anything\n"
        );
    for (auto const asset : all_assets) {
        std::vector<Bar> own;
        for (auto const& bar : (*bars)[index_of(asset)])
            if (bar.open_time >= from && bar.close_time() <= until) own.push_back(bar);
        auto const wanted = o.assets.empty() ||
                            std::any_of(o.assets.begin(), o.assets.end(), [&](auto const& name) {
                                return parse_asset(name) == asset;
                            });
        if (own.empty() || !wanted) continue;
        backtest::BaselineProcedure procedure;
        if (seed >= 0) procedure.seed = static_cast<std::uint64_t>(seed);
        auto const result = run_baseline_procedure(own, procedure);
        if (!result) return refuse(result.error());
        auto const name = std::string{to_string(asset)};
        fmt::print(
            out,
            "{}\n",
            o.json ? backtest::baseline_json(*result, name)
                   : backtest::baseline_report(*result, name)
        );
    }
    return code(ExitCode::ok);
}

} // namespace

Result<BacktestResult>
run_backtest(BacktestOptions const& o, std::FILE* out, AssetBars const* given) {
    auto config = load(o);
    if (!config) return config.error();
    AssetBars own;
    auto const from_bars = given != nullptr || !o.bars.empty();
    if (from_bars && given == nullptr) {
        auto read = read_bars(o.bars);
        if (!read) return read.error();
        own = std::move(*read);
    }
    auto prepared = from_bars ? backtest_of_bars(*config, o, given != nullptr ? *given : own)
                              : backtest_of_tapes(*config, o);
    if (!prepared) return prepared.error();
    auto& [plan, input, record] = *prepared;
    record.command = o.command;
    record.config_hash = plan.identity.config_hash;
    record.data_hash = plan.identity.tape_hash;
    record.seed = plan.identity.seed;
    record.code_version = plan.identity.code_version;
    record.latency = latency_text(config->simulated);
    record.trials = o.trials;
    record.trials_sharpe_sd = o.trials_sharpe_sd;

    auto storage = open_storage(plan, o.fresh);
    if (!storage) return storage.error();
    if (auto const opened = open_models(*config, plan, *storage); !opened) return opened.error();
    if (auto const known = refuse_known_outcomes(storage->trained, plan.start); !known)
        return known.error();
    record.models = models_text(*config, o.frozen, *storage);
    if (auto const kept = keep_config(*config, plan); !kept) return kept.error();
    auto const directory = plan.directory;
    if (auto const written = backtest::write_run_record(directory, record); !written)
        return written.error();

    ReplayOptions session_options;
    session_options.headline = record.quotes;
    session_options.keep_decisions = !from_bars || o.decisions;
    session_options.keep_moments = o.moments;
    session_options.json = o.json;
    session_options.quiet = o.quiet;
    ConfigLoader const loader = [&] {
        return load_with_settings(o.configs, o.settings);
    };
    auto const* counted = input.get();
    ReplaySession session{
        session_options,
        std::move(plan),
        std::move(*config),
        loader,
        std::move(input),
        std::move(*storage),
        out
    };
    BacktestResult result{session.run(), directory};
    record.events = counted->events();
    if (record.source == QuoteSource::recorded) record.until = session.last_event();
    record.finished = result.code != ExitCode::interrupted && result.code != ExitCode::storage;
    if (auto const written = backtest::write_run_record(directory, record); !written)
        return written.error();
    return result;
}

int run_backtest_command(std::vector<std::string> const& args, std::FILE* out, std::FILE* err) {
    BacktestOptions o;
    std::string directory;
    std::string profile;
    double informed = -1;
    std::int64_t seed = -1;
    CLI::App app{
        "Trade recorded books, or bars with modelled quotes, with the engine that trades live",
        "polyquant backtest"
    };
    app.add_option("-c,--config", o.configs, "Configuration files; several are merged")
        ->check(CLI::ExistingFile);
    app.add_option(
           "--profile",
           profile,
           "baseline: the original's own backtest procedure on --bars, "
           "its random market included"
    )
        ->check(CLI::IsMember({"standard", "baseline"}));
    app.add_option("--set", o.settings, "A key over the files, e.g. risk.kill_switch=3");
    auto* tapes = app.add_option("--tapes", o.tapes, "Recorded books and bars: quotes as they were")
                      ->check(CLI::ExistingFile);
    auto* bars = app.add_option(
                        "--bars",
                        o.bars,
                        "1-minute bars (tapes, CSV files, folders) with "
                        "modelled quotes"
    )
                     ->check(CLI::ExistingPath)
                     ->excludes(tapes);
    app.add_option("--quotes", o.quotes, "The quote model's file, or \"toy\"")->needs(bars);
    app.add_option(
           "--informed", informed, "Informed share of the quotes, instead of the fitted one"
    )
        ->needs(bars)
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--rule", o.rule, "How markets made of bars settle: spot, twap-30s, twap-60s")
        ->capture_default_str();
    app.add_option("--assets", o.assets, "Coins, instead of the configuration's")->delimiter(',');
    app.add_option("--from", o.from, "Trade from this UTC time on");
    app.add_option("--until", o.until, "Stop at this UTC time");
    app.add_option("--seed", seed, "Of latency, faults and modelled quotes")
        ->check(CLI::NonNegativeNumber);
    app.add_option(
           "--latency",
           o.latency,
           "Draw order latency as measured: a tape or folder of tapes of `record` or `run`, or a "
           "text file with a number of ms a line"
    )
        ->check(CLI::ExistingPath);
    app.add_flag(
        "--one-bankroll", o.one_bankroll, "All strategies share their money (else one each)"
    );
    app.add_flag("--frozen", o.frozen, "Train models once, before the first window");
    app.add_flag("--decisions", o.decisions, "Journal every evaluation (with tapes: always)");
    app.add_option("--dir", directory, "Directory of the run; made if missing");
    app.add_flag("--fresh", o.fresh, "Move an earlier run in that directory aside");
    app.add_flag("--json", o.json, "Print one JSON summary and nothing else");
    try {
        std::vector<std::string> reversed(args.rbegin(), args.rend());
        app.parse(reversed);
    } catch (CLI::ParseError const& error) {
        std::ostringstream text, problem;
        auto const answered = app.exit(error, text, problem) == 0;
        std::fputs(text.str().c_str(), out);
        std::fputs(problem.str().c_str(), err);
        return code(answered ? ExitCode::ok : ExitCode::usage);
    }
    auto const complaint =
        profile == "baseline" && o.bars.empty() ? "--profile baseline needs --bars"
        : profile == "baseline"                 ? nullptr
        : o.configs.empty()                     ? "--config is required"
        : o.bars.empty() != o.quotes.empty() ? "--bars needs --quotes: a quote model's file, or toy"
                                             : nullptr;
    if (complaint != nullptr) {
        fmt::print(err, "{}\n", complaint);
        return code(ExitCode::usage);
    }
    if (profile == "baseline") return run_baseline(o, seed, out, err);
    if (informed >= 0) o.informed = informed;
    if (seed >= 0) o.seed = seed;
    if (!directory.empty()) o.directory = directory;
    o.command = "polyquant backtest";
    for (auto const& arg : args)
        o.command += " " + arg;
    auto const done = run_backtest(o, out);
    if (!done) {
        std::fputs((describe(done.error()) + "\n").c_str(), err);
        return code(exit_for(done.error()));
    }
    if (!o.json) fmt::print(out, "report  polyquant report {}\n", done->directory.string());
    return code(done->code);
}

} // namespace polyquant::app
