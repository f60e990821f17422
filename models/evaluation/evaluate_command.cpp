#include "models/evaluation/evaluate_command.hpp"

#include "engine/core/replace_file.hpp"
#include "models/evaluation/blend_fit.hpp"
#include "models/evaluation/column_study.hpp"
#include "models/evaluation/oracle_check.hpp"
#include "models/evaluation/report.hpp"
#include "models/validation/calibration_monitor.hpp"
#include "models/window/bar_file.hpp"
#include "models/window/closed_form_check.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <ostream>

namespace polyquant::models::evaluation {

namespace {

struct Arguments {
    std::vector<std::filesystem::path> bars;
    std::string tob;
    std::string coverage;
    std::string ladders;
    std::string ticks;
    std::string markets;
    std::string report;
    std::string style = "both";
    std::vector<std::string> coins;
    std::string train_from = "2025-01-01";
    std::string tune_from = "2026-03-25";
    std::string test_from = "2026-04-01";
    int step_days = 1;
    int embargo_s = 300;
    int baseline_days = 7;
    int recent_days = 28;
    std::string external;
    std::string external_coin = "SOL";
    int external_age_s = 600;
    std::string quote_table;
    std::string blend;
    std::string blend_model = "closed_form";
    std::string blend_until;
    std::string lightgbm;
    std::size_t monte_carlo = 0;
    std::size_t simulations = 0;
    std::uint64_t seed = 1;
};

void describe(CLI::App& app, Arguments& arguments) {
    app.add_option(
        "--bars", arguments.bars, "1-minute bars of all four coins: a folder, CSV files or tapes"
    );
    app.add_option("--books", arguments.tob, "Recorded top of book (csv.gz)");
    app.add_option("--coverage", arguments.coverage, "Outcomes of the recorded windows (csv)");
    app.add_option("--ladders", arguments.ladders, "Recorded ask ladders (jsonl.gz)");
    app.add_option("--ticks", arguments.ticks, "Recorded oracle ticks (csv.gz)");
    app.add_option("--markets", arguments.markets, "Official outcomes of that day (jsonl.gz)");
    app.add_option(
        "--quote-table",
        arguments.quote_table,
        "File to write what the asks of --books were worth to, for [learning] quote_table"
    );
    app.add_option(
        "--blend",
        arguments.blend,
        "File to write the blend of market and model to, for [model] market_blend_file"
    );
    app.add_option("--blend-model", arguments.blend_model, "The model blended")
        ->check(CLI::IsMember({"closed_form", "logistic", "boosting"}))
        ->capture_default_str();
    app.add_option(
        "--blend-until", arguments.blend_until, "Leave out windows that close after this UTC time"
    );
    app.add_option("--report", arguments.report, "Markdown file to write");
    app.add_option("--style", arguments.style, "Outcomes: spot, average or both")
        ->check(CLI::IsMember({"spot", "average", "both"}));
    app.add_option("--coins", arguments.coins, "Those judged, e.g. BTC,ETH; else all four")
        ->delimiter(',')
        ->check(CLI::IsMember({"BTC", "ETH", "SOL", "XRP"}, CLI::ignore_case));
    app.add_option("--train-from", arguments.train_from, "First day of training");
    app.add_option("--tune-from", arguments.tune_from, "End of training; early stopping from here");
    app.add_option("--test-from", arguments.test_from, "First test day");
    app.add_option("--step-days", arguments.step_days, "Walking forward: days predicted by one fit")
        ->check(CLI::Range(1, 365))
        ->capture_default_str();
    app.add_option(
           "--embargo", arguments.embargo_s, "Seconds before them whose outcomes no fit knows"
    )
        ->check(CLI::Range(0, 86'400))
        ->capture_default_str();
    app.add_option(
           "--baseline-days", arguments.baseline_days, "Days the baseline ensemble is trained on"
    )
        ->check(CLI::Range(1, 365))
        ->capture_default_str();
    app.add_option("--recent-days", arguments.recent_days, "Days the recent logistic is fitted on")
        ->check(CLI::Range(1, 3'650))
        ->capture_default_str();
    app.add_option(
        "--external", arguments.external, "Values from outside (csv or jsonl, see docs/models.md)"
    );
    app.add_option("--external-coin", arguments.external_coin, "The coin they are tried on")
        ->check(CLI::IsMember({"BTC", "ETH", "SOL", "XRP"}, CLI::ignore_case));
    app.add_option("--external-age", arguments.external_age_s, "Seconds for which they are fresh")
        ->check(CLI::Range(1, 86'400));
    app.add_option("--lightgbm", arguments.lightgbm, "lib_lightgbm.so; else the usual places");
    app.add_option("--monte-carlo", arguments.monte_carlo, "Paths a cell; 0: leave out");
    app.add_option("--simulations", arguments.simulations, "Of the sequential stop; 0: leave out");
    app.add_option("--seed", arguments.seed, "Seed of everything random");
}

Result<EvaluationOptions> options_of(Arguments const& arguments) {
    EvaluationOptions options;
    options.lightgbm = arguments.lightgbm;
    options.seed = arguments.seed;
    options.walk_forward = {
        .step = std::chrono::days{arguments.step_days},
        .embargo = Seconds{arguments.embargo_s},
        .baseline = std::chrono::days{arguments.baseline_days},
        .recent = std::chrono::days{arguments.recent_days}
    };
    if (!arguments.coins.empty())
        std::erase_if(options.assets, [&](Asset asset) {
            return std::ranges::none_of(arguments.coins, [&](std::string const& name) {
                return parse_asset(name) == asset;
            });
        });
    for (auto const& [text, target] :
         {std::pair{&arguments.train_from, &options.train_from},
          {&arguments.tune_from, &options.tune_from},
          {&arguments.test_from, &options.test_from}}) {
        auto const time = parse_utc(*text);
        if (!time) return time.error();
        *target = *time;
    }
    return options;
}

Result<window::AssetBars> read_folder(std::filesystem::path const& folder) {
    window::AssetBars bars;
    for (auto const asset : all_assets) {
        auto read = window::read_minute_bars(folder, asset);
        if (!read) return read.error();
        bars[index_of(asset)] = std::move(*read);
    }
    return bars;
}

Result<void> evaluate_on_bars(
    Arguments const& arguments, ReportParts& parts, std::ostream& err, EvaluateHooks const& hooks
) {
    auto options = options_of(arguments);
    if (!options) return options.error();
    err << "reading bars ...\n";
    auto const bars =
        hooks.read_bars ? hooks.read_bars(arguments.bars) : read_folder(arguments.bars.front());
    options->run_jobs = hooks.run_jobs;
    options->progress = hooks.progress;
    if (!bars) return bars.error();
    for (auto const style : {window::LabelStyle::spot, window::LabelStyle::average}) {
        if (arguments.style != "both" && arguments.style != to_string(style)) continue;
        options->style = style;
        auto evaluation = evaluate_bars(*bars, *options, err);
        if (!evaluation) return evaluation.error();
        parts.on_bars.push_back(std::move(*evaluation));
    }
    return boost::system::in_place_value;
}

Result<void> try_columns_of(Arguments const& arguments, ReportParts& parts) {
    auto const append = [](std::vector<calibration::ColumnTrial>& all,
                           Result<std::vector<calibration::ColumnTrial>> more) {
        if (more) all.insert(all.end(), more->begin(), more->end());
        return more ? Result<void>{} : Result<void>{more.error()};
    };
    for (auto const& study : parts.against_market) {
        if (study.moments.empty()) continue;
        // The stack on the books, the closed form on the ladders: the last own model of each.
        auto const own = study.models.size() >= 7 ? std::size_t{5} : std::size_t{0};
        auto done = append(parts.book_columns, study_book_columns(study, own, arguments.seed));
        if (!done) return done;
    }
    if (parts.on_bars.empty()) return {};
    auto const* judged = parts.on_bars.front().coin(*parse_asset(arguments.external_coin));
    if (judged == nullptr) return {}; // --coins left it out
    auto const& coin = *judged;
    Nanos const age_max = Seconds{arguments.external_age_s};
    if (!arguments.external.empty()) {
        auto const features = window::ExternalFeatures::read(arguments.external);
        if (!features) return features.error();
        auto done = append(
            parts.external_columns, study_external_columns(coin, *features, age_max, arguments.seed)
        );
        if (!done) return done;
    }
    constexpr std::int64_t days_min = 5; // fewer test days decide nothing
    if (coin.test.day.empty() || coin.test.day.back() - coin.test.day.front() + 1 < days_min)
        return {};
    constexpr double knowledge = 0.15; // of the outcome, in deviations of the noise around it
    return append(
        parts.made_up_columns,
        study_external_columns(
            coin, made_up_features(coin, knowledge, arguments.seed), Seconds{300}, arguments.seed
        )
    );
}

Result<void> write_blend(Arguments const& arguments, MarketStudy const& study) {
    BlendChoice choice{.model = *registry::parse_model_kind(arguments.blend_model)};
    if (!arguments.blend_until.empty()) {
        auto const until = parse_utc(arguments.blend_until);
        if (!until) return Failure{Fault::invalid, "--blend-until", until.error().detail};
        choice.until = *until;
    }
    choice.command = fmt::format(
        "polyquant evaluate --bars BARS --books FILE --coverage FILE --style spot --train-from {} "
        "--tune-from {} --test-from {} --blend FILE --blend-model {}{}",
        arguments.train_from,
        arguments.tune_from,
        arguments.test_from,
        arguments.blend_model,
        arguments.blend_until.empty() ? "" : " --blend-until " + arguments.blend_until
    );
    auto const fitted = fit_market_blend(study, choice);
    if (!fitted) return fitted.error();
    return replace_file(arguments.blend, to_text(*fitted));
}

Result<void> compare_with_market(Arguments const& arguments, ReportParts& parts) {
    calibration::AskTable asks;
    MarketOptions const options{.seed = arguments.seed};
    if (!arguments.tob.empty()) {
        auto const books = read_recorded_books(arguments.tob, arguments.coverage);
        if (!books) return books.error();
        asks = learn_asks(*books);
        if (!arguments.quote_table.empty())
            if (auto const done = replace_file(arguments.quote_table, asks.print()); !done)
                return done;
        // The recordings are of the spot-settled era.
        for (auto const& evaluation : parts.on_bars) {
            if (evaluation.options.style != window::LabelStyle::spot) continue;
            auto const* btc = evaluation.coin(Asset::btc);
            if (btc == nullptr) continue;
            parts.against_market.push_back(study_recorded_books(*btc, *books, options));
            if (arguments.blend.empty()) continue;
            if (auto const done = write_blend(arguments, parts.against_market.back()); !done)
                return done;
        }
    }
    if (!arguments.ladders.empty()) {
        auto const ladders = read_ladders(arguments.ladders);
        if (!ladders) return ladders.error();
        parts.ladder_clock = check_ladder_clock(*ladders);
        parts.against_market.push_back(study_ladders(*ladders, asks, options));
    }
    return boost::system::in_place_value;
}

std::string check_closed_form(std::size_t paths, std::uint64_t seed) {
    auto const cells = window::check_all_cells(paths, seed);
    double worst = 0;
    double gap = 0;
    for (auto const& cell : cells) {
        worst = std::max(worst, std::abs(cell.standard_errors));
        gap = std::max(gap, std::abs(cell.observed - cell.promised));
    }
    return fmt::format(
        "{} cells (spot, average of 30 s and of 60 s; 5 s to 240 s left; 7 strikes each), {} "
        "simulated paths a cell: the largest difference between promised and observed share of "
        "Up is {:.5f}, the largest in standard errors {:.2f}.\n",
        cells.size(),
        paths,
        gap,
        worst
    );
}

std::string measure_monitor(std::size_t simulations, std::uint64_t seed) {
    std::string text = fmt::format(
        "{} simulated strategies a line, promises between 0.85 and 0.95; stop at a lifetime "
        "false-alarm chance of 1 %, reduce at 10 %.\n\n"
        "| promises too high by | good bets before | false stops | stopped within 2,000 bets | "
        "median bets to stop | 90 % by | median bets to reduce |\n|---:|---:|---:|---:|---:|---:|"
        "---:|\n",
        simulations
    );
    for (auto const excess : {0.0, 0.03, 0.05, 0.10, 0.15})
        for (std::uint64_t const good : {0U, 200U, 1000U}) {
            auto const outcome = validation::simulate_monitor(
                {.excess = excess, .break_at = good, .simulations = simulations, .seed = seed}
            );
            text += fmt::format(
                "| {:.2f} | {} | {:.2f} % | {:.2f} % | {:.0f} | {:.0f} | {:.0f} |\n",
                excess,
                good,
                100 * (excess == 0 ? outcome.false_stop_share + outcome.stopped_share
                                   : outcome.false_stop_share),
                100 * outcome.stopped_share,
                outcome.median_delay,
                outcome.p90_delay,
                outcome.median_reduce_delay
            );
        }
    return text;
}

// What differs from the defaults.
std::string walk_forward_text(Arguments const& arguments) {
    Arguments const usual;
    std::string text;
    for (auto const& [option, value, otherwise] :
         {std::tuple{"--step-days", arguments.step_days, usual.step_days},
          {"--embargo", arguments.embargo_s, usual.embargo_s},
          {"--baseline-days", arguments.baseline_days, usual.baseline_days},
          {"--recent-days", arguments.recent_days, usual.recent_days}})
        if (value != otherwise) text += fmt::format(" {} {}", option, value);
    return text;
}

Result<void> evaluate(
    Arguments const& arguments, std::ostream& out, std::ostream& err, EvaluateHooks const& hooks
) {
    ReportParts parts;
    // Paths are the user's own; the report names the options and leaves them out.
    parts.command = fmt::format(
        "polyquant evaluate --bars BARS{}{}{}{}{} --style {} --train-from {} --tune-from {} "
        "--test-from {}{} --monte-carlo {} --simulations {} --seed {} --report FILE",
        arguments.tob.empty() ? "" : " --books FILE --coverage FILE",
        arguments.ladders.empty() ? "" : " --ladders FILE",
        arguments.ticks.empty() ? "" : " --ticks FILE --markets FILE",
        arguments.external.empty() ? ""
                                   : fmt::format(
                                         " --external FILE --external-coin {} --external-age {}",
                                         arguments.external_coin,
                                         arguments.external_age_s
                                     ),
        arguments.coins.empty() ? "" : fmt::format(" --coins {}", fmt::join(arguments.coins, ",")),
        arguments.style,
        arguments.train_from,
        arguments.tune_from,
        arguments.test_from,
        walk_forward_text(arguments),
        arguments.monte_carlo,
        arguments.simulations,
        arguments.seed
    );
    if (!arguments.bars.empty())
        if (auto const done = evaluate_on_bars(arguments, parts, err, hooks); !done) return done;
    if (auto const done = compare_with_market(arguments, parts); !done) return done;
    if (auto const done = try_columns_of(arguments, parts); !done) return done;
    if (!arguments.ticks.empty()) {
        auto ticks = read_oracle_ticks(arguments.ticks);
        if (!ticks) return ticks.error();
        auto const official = read_official_outcomes(arguments.markets);
        if (!official) return official.error();
        parts.oracle = format_oracle_study(study_oracle(OracleDay{std::move(*ticks)}, *official));
    }
    if (arguments.monte_carlo > 0) {
        err << "simulating the closed form ...\n";
        parts.closed_form_check = check_closed_form(arguments.monte_carlo, arguments.seed);
    }
    if (arguments.simulations > 0) {
        err << "simulating the sequential stop ...\n";
        parts.monitor_table = measure_monitor(arguments.simulations, arguments.seed);
    }
    auto const text = write_report(parts);
    if (arguments.report.empty()) {
        out << text;
        return boost::system::in_place_value;
    }
    std::ofstream file{arguments.report};
    file << text;
    file.close();
    if (!file) return Failure{Fault::storage, arguments.report, "cannot be written"};
    out << "wrote " << arguments.report << '\n';
    return boost::system::in_place_value;
}

} // namespace

int run_evaluate_command(
    std::vector<std::string> const& args,
    std::ostream& out,
    std::ostream& err,
    EvaluateHooks const& hooks
) {
    CLI::App app{"Judge every model on held-out windows and against the market", "evaluate"};
    Arguments arguments;
    describe(app, arguments);
    try {
        // CLI11 takes the arguments last first.
        app.parse(std::vector<std::string>{args.rbegin(), args.rend()});
    } catch (CLI::ParseError const& error) {
        auto const code = app.exit(error, out, err);
        return code == 0 ? 0 : 2;
    }
    if (arguments.tob.empty() != arguments.coverage.empty()) {
        err << "evaluate: --books and --coverage go together\n";
        return 2;
    }
    auto const all_judged = arguments.coins.empty();
    auto const is_judged = [&](std::string_view name) {
        return all_judged || std::ranges::any_of(arguments.coins, [&](std::string const& coin) {
                   return parse_asset(coin) == parse_asset(name);
               });
    };
    if (!arguments.external.empty() && !is_judged(arguments.external_coin)) {
        err << "evaluate: --external-coin is not among --coins\n";
        return 2;
    }
    if (!arguments.blend.empty() && !is_judged("BTC")) {
        err << "evaluate: --blend needs BTC among --coins\n";
        return 2;
    }
    if (!arguments.blend.empty() &&
        (arguments.bars.empty() || arguments.tob.empty() || arguments.style == "average")) {
        err << "evaluate: --blend needs --bars, --books and --style spot or both\n";
        return 2;
    }
    if (arguments.ticks.empty() != arguments.markets.empty()) {
        err << "evaluate: --ticks and --markets go together\n";
        return 2;
    }
    if (arguments.bars.empty() && arguments.ticks.empty() && arguments.ladders.empty() &&
        arguments.monte_carlo == 0 && arguments.simulations == 0) {
        err << "evaluate: nothing to do; give --bars, --ticks, --ladders, --monte-carlo or "
               "--simulations\n";
        return 2;
    }
    auto const done = evaluate(arguments, out, err, hooks);
    if (done) return 0;
    err << "evaluate: " << polyquant::describe(done.error()) << '\n';
    return 1;
}

} // namespace polyquant::models::evaluation
