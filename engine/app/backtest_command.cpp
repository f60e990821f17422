#include "engine/app/backtest_command.hpp"

#include "engine/app/bar_input.hpp"
#include "engine/app/build_info.hpp"
#include "engine/app/config_settings.hpp"
#include "engine/app/quote_anchor.hpp"
#include "engine/app/run_storage.hpp"
#include "engine/backtest/baseline_procedure.hpp"
#include "models/window/bar_file.hpp"
#include "strategies/catalog.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace polyquant::app {

namespace {

using backtest::BarMarkets;
using backtest::QuoteSource;
using models::window::AssetBars;

class BarMarketInput final : public RunInput {
public:
    explicit BarMarketInput(BarMarkets markets) : markets_{std::move(markets)} {}

    std::optional<UtcTime> next_at() override { return markets_.next_at(); }

    Event* next() override { return markets_.next(); }

    std::uint64_t events() const override { return markets_.events(); }

    std::vector<std::string> problems() const override { return {}; }

private:
    BarMarkets markets_;
};

// Models that are trained once say so in a period that never ends.
constexpr int never_retrain = 1'000'000;
// As finely as a hundred orders tell.
constexpr std::size_t latency_quantiles = 101;

Failure invalid(std::string where, std::string detail) {
    return {Fault::invalid, std::move(where), std::move(detail)};
}

Result<void> take_latency(config::RunConfig& config, std::filesystem::path const& file) {
    auto const text = models::window::read_text_file(file);
    if (!text) return text.error();
    std::vector<double> measured;
    std::string_view rest = *text;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        auto const end = std::min(rest.find('\n'), rest.size());
        auto line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty() || line.front() == '#') continue;
        double ms = 0;
        auto const [stop, error] = std::from_chars(line.data(), line.data() + line.size(), ms);
        if (error != std::errc{} || !(ms >= 0 && ms <= 60'000))
            return Failure{
                Fault::parse,
                fmt::format("{}:{}", file.string(), number),
                "is no latency in milliseconds (0 to 60000)"
            };
        measured.push_back(ms);
    }
    if (measured.size() < 2)
        return invalid(file.string(), "holds fewer than two latencies, one a line");
    std::sort(measured.begin(), measured.end());
    auto& quantiles = config.simulated.latency_quantiles;
    quantiles.clear();
    for (std::size_t i = 0; i < latency_quantiles; ++i) {
        auto const at = i * (measured.size() - 1) / (latency_quantiles - 1);
        quantiles.push_back(fmt::format("{}", measured[at]));
    }
    config.simulated.latency_model = config::LatencyModel::measured;
    return {};
}

std::string latency_words(config::SimulatedParams const& p) {
    switch (p.latency_model) {
    case config::LatencyModel::fixed: return fmt::format("fixed {} ms", p.order_latency.count());
    case config::LatencyModel::lognormal:
        return fmt::format(
            "lognormal, median {} ms, 1 in 100 above {} ms",
            p.order_latency.count(),
            p.order_latency_p99.count()
        );
    case config::LatencyModel::measured: {
        auto const q = p.quantiles();
        return fmt::format(
            "measured, median {} ms, 1 in 100 above {} ms", q[q.size() / 2], q[q.size() * 99 / 100]
        );
    }
    }
    std::abort();
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

Result<SettlementRule> rule_of(std::string const& text) {
    for (auto const rule : {spot_rule(), twap_rule(Seconds{30}), twap_rule(Seconds{60})})
        if (to_string(rule) == text) return rule;
    return invalid("--rule", fmt::format("\"{}\" is none of spot, twap-30s, twap-60s", text));
}

struct Prepared {
    ReplayPlan plan;
    std::unique_ptr<RunInput> input;
    backtest::RunRecord record;
};

Result<Prepared> prepare_tapes(config::RunConfig const& config, BacktestOptions const& o) {
    auto plan = plan_replay(config, o.directory);
    if (!plan) return plan.error();
    std::vector<tape::TapeSource> sources;
    for (auto const& path : plan->tapes)
        sources.push_back({path, plan->start, plan->until});
    auto tape = tape::TapeFeed::open(sources);
    if (!tape) return tape.error();
    Prepared prepared;
    prepared.record.source = QuoteSource::recorded;
    prepared.record.quotes = fmt::format(
        "QUOTES RECORDED: order books of {} tapes, played to the simulated venue",
        plan->tapes.size()
    );
    prepared.record.from = plan->start;
    prepared.record.until = plan->until.value_or(plan->start);
    prepared.plan = std::move(*plan);
    prepared.input = std::make_unique<TapeInput>(std::move(*tape));
    return prepared;
}

// The windows the bars allow: after the models' history, until the last bar.
Result<std::pair<UtcTime, UtcTime>>
span_of(config::RunConfig const& config, AssetBars const& bars) {
    std::optional<UtcTime> first, last;
    for (auto const asset : config.run.assets) {
        auto const& own = bars[index_of(asset)];
        if (own.empty()) continue;
        first = std::min(first.value_or(own.front().open_time), own.front().open_time);
        last = std::max(last.value_or(own.back().close_time()), own.back().close_time());
    }
    if (!first) return invalid("backtest", "the bars hold none of the coins that are asked for");
    auto from = window_at(*first + Seconds{60} * config.model.history_bars).end();
    auto until = *last;
    if (!config.feed.from.empty()) {
        auto const time = parse_utc(config.feed.from);
        if (!time) return invalid("--from", time.error().detail);
        from = window_at(*time).start;
        if (from < *time) from += Seconds{300};
    }
    if (!config.feed.until.empty()) {
        auto const time = parse_utc(config.feed.until);
        if (!time) return invalid("--until", time.error().detail);
        until = std::min(*time, until);
    }
    if (from >= until)
        return invalid(
            "backtest",
            fmt::format(
                "no window between {} and {}; the bars reach from {} to {}",
                format_utc(from),
                format_utc(until),
                format_utc(*first),
                format_utc(*last)
            )
        );
    return std::pair{from, until};
}

Result<Prepared>
prepare_bars(config::RunConfig const& config, BacktestOptions const& o, AssetBars const& bars) {
    auto const span = span_of(config, bars);
    if (!span) return span.error();
    auto const rule = rule_of(o.rule);
    if (!rule) return rule.error();
    backtest::BarMarketOptions options;
    options.assets = config.run.assets;
    options.from = span->first;
    options.until = span->second;
    options.seed = static_cast<std::uint64_t>(config.run.seed);
    options.rule = *rule;
    Prepared prepared;
    auto& record = prepared.record;
    if (o.quotes == "toy") {
        record.source = QuoteSource::toy;
        record.quotes = "QUOTES INVENTED (toy): minute bars and the original's random price around "
                        "0.50, which knows nothing; results are no evidence of anything";
    } else {
        auto model = backtest::QuoteModel::load(o.quotes);
        if (!model) return model.error();
        if (o.informed) {
            model->informed_share = *o.informed;
            if (auto defect = defect_of(*model); !defect.empty())
                return invalid("--informed", defect);
        }
        record.source = QuoteSource::fitted;
        record.quotes = fmt::format(
            "QUOTES MODELLED, not recorded: minute bars, a quote model fitted on {} ({:016x}), "
            "informed share {:.2f}; prices within a minute are invented",
            model->fitted_on,
            model->hash(),
            model->informed_share
        );
        options.quotes = std::move(*model);
    }
    record.from = span->first;
    record.until = span->second;
    auto& plan = prepared.plan;
    plan.start = span->first;
    plan.until = span->second;
    for (auto const asset : config.run.assets) {
        auto const& own = bars[index_of(asset)];
        auto const end = std::partition_point(own.begin(), own.end(), [&](Bar const& bar) {
            return bar.close_time() < plan.start;
        });
        auto const count = std::min<std::ptrdiff_t>(end - own.begin(), config.model.history_bars);
        plan.history[index_of(asset)].assign(end - count, end);
    }
    BarMarkets markets{bars, std::move(options)};
    plan.identity = {
        fmt::format("{:016x}", result_hash(config)),
        fmt::format("{:016x}", markets.identity()),
        static_cast<std::uint64_t>(config.run.seed),
        code_version()
    };
    plan.directory = o.directory.value_or(
        std::filesystem::path{config.run.state_dir} / fmt::format(
                                                          "backtest-{}-{}-{}",
                                                          plan.identity.config_hash.substr(0, 8),
                                                          plan.identity.tape_hash.substr(0, 8),
                                                          plan.identity.seed
                                                      )
    );
    prepared.input = std::make_unique<BarMarketInput>(std::move(markets));
    return prepared;
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
    auto prepared = from_bars ? prepare_bars(*config, o, given != nullptr ? *given : own)
                              : prepare_tapes(*config, o);
    if (!prepared) return prepared.error();
    auto& [plan, input, record] = *prepared;
    record.command = o.command;
    record.config_hash = plan.identity.config_hash;
    record.data_hash = plan.identity.tape_hash;
    record.seed = plan.identity.seed;
    record.code_version = plan.identity.code_version;
    record.latency = latency_words(config->simulated);
    record.models = o.frozen ? "frozen: trained once on the bars before the first window"
                             : fmt::format(
                                   "walk-forward: trained on {} bars, again every {} windows",
                                   config->model.train_bars,
                                   config->model.retrain_windows
                               );
    if (config->model.kind == config::ModelKind::window)
        record.models = "window model in closed form, volatility fitted before the first window";
    record.trials = o.trials;
    record.trials_sharpe_sd = o.trials_sharpe_sd;

    auto blend = load_blend(config->model, {});
    if (!blend) return blend.error();
    if (*blend) record.models += "; blended with the market: " + describe(**blend);
    auto storage = open_storage(plan, o.fresh);
    if (!storage) return storage.error();
    storage->blend = std::move(*blend);
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
    app.add_option("--latency", o.latency, "Measured order latencies, a number of ms a line")
        ->check(CLI::ExistingFile);
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
