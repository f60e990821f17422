#include "engine/app/model_commands.hpp"

#include "engine/app/bar_input.hpp"
#include "engine/app/build_info.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/progress_bar.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/parallel.hpp"
#include "models/evaluation/evaluate_command.hpp"
#include "models/registry/registry.hpp"
#include "models/registry/train.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <ostream>

namespace polyquant::app {

namespace {

using namespace models::registry;
using models::window::AssetBars;
using models::window::LabelStyle;

struct Arguments {
    std::vector<std::filesystem::path> bars;
    std::string folder = "trained-models";
    std::string name;
    std::string other;
    std::string asset = "BTC";
    std::string kind = "logistic";
    std::string style = "spot";
    std::string from;
    std::string until;
    std::string lightgbm;
    std::string trees;
    std::string trees_until;
    std::string trees_on = "none";
    std::string external;
    int external_age_s = 600;
    int tune_days = 7;
    std::uint64_t seed = 1;
    bool force = false;
};

struct Output {
    std::ostream& out;
    std::ostream& err;

    int fail(Failure const& failure) const {
        err << describe(failure) << '\n';
        auto const damaged = failure.fault == Fault::parse;
        return code(
            damaged                           ? ExitCode::bad_data
            : failure.fault == Fault::storage ? ExitCode::storage
                                              : ExitCode::failed
        );
    }
};

CLI::Option* add_bars(CLI::App& app, Arguments& a) {
    return app
        .add_option(
            "--bars", a.bars, "1-minute bars: tapes, <SYMBOL>-1m-*.csv[.gz] files, or folders"
        )
        ->check(CLI::ExistingPath);
}

void add_folder(CLI::App& app, Arguments& a) {
    app.add_option("--models", a.folder, "Folder of the trained models")->capture_default_str();
}

void add_external(CLI::App& app, Arguments& a, char const* what) {
    app.add_option("--external", a.external, what)->check(CLI::ExistingFile);
}

// Null where no file is named.
Result<std::shared_ptr<models::window::ExternalFeatures const>> read_external(Arguments const& a) {
    using Read = std::shared_ptr<models::window::ExternalFeatures const>;
    if (a.external.empty()) return Read{};
    auto read = models::window::ExternalFeatures::read(a.external);
    if (!read) return read.error();
    return Read{std::make_shared<models::window::ExternalFeatures const>(std::move(*read))};
}

void add_span(CLI::App& app, Arguments& a, char const* what) {
    app.add_option("--from", a.from, fmt::format("First UTC time of {}, e.g. 2026-04-01", what));
    app.add_option("--until", a.until, fmt::format("End of {}", what));
}

Result<UtcTime> time_or(std::string const& text, char const* option, UtcTime otherwise) {
    if (text.empty()) return otherwise;
    auto const time = parse_utc(text);
    if (!time) return Failure{Fault::invalid, option, time.error().detail};
    return *time;
}

// CLI11 takes the arguments last first. Empty: go on; else the exit code.
std::optional<int>
parse(CLI::App& app, std::vector<std::string> const& args, Output const& output) {
    try {
        app.parse(std::vector<std::string>{args.rbegin(), args.rend()});
        return std::nullopt;
    } catch (CLI::ParseError const& error) {
        auto const answered = app.exit(error, output.out, output.err) == 0;
        return code(answered ? ExitCode::ok : ExitCode::usage);
    }
}

// Empty where no file is named.
Result<std::optional<ForeignTrees>> foreign_trees(Arguments const& a) {
    using Trees = std::optional<ForeignTrees>;
    if (a.trees.empty()) return Trees{};
    if (a.kind != "boosting") return Failure{Fault::invalid, "--trees", "is for --kind boosting"};
    if (a.trees_until.empty())
        return Failure{
            Fault::invalid,
            "--trees",
            "needs --trees-until, the end of the data they were trained on: no earlier window can "
            "prove anything about them"
        };
    auto const until = time_or(a.trees_until, "--trees-until", {});
    if (!until) return until.error();
    auto const offset = a.trees_on == "none" ? models::boosting::Offset::none
                                             : models::boosting::Offset::closed_form_log_odds;
    return Trees{ForeignTrees{.file = a.trees, .offset = offset, .until = *until}};
}

int train_model(Arguments const& a, Output const& output) {
    auto const from = time_or(a.from, "--from", UtcTime::min());
    if (!from) return output.fail(from.error());
    auto const until = time_or(a.until, "--until", UtcTime::max());
    if (!until) return output.fail(until.error());
    auto const bars = read_bars(a.bars);
    if (!bars) return output.fail(bars.error());
    auto const external = read_external(a);
    if (!external) return output.fail(external.error());
    auto const trees = foreign_trees(a);
    if (!trees) return output.fail(trees.error());
    auto const option = [](char const* name, std::string const& value) {
        return value.empty() ? std::string{} : fmt::format(" {} {}", name, value);
    };
    TrainSpec const spec{
        .name = a.name,
        .kind = *parse_model_kind(a.kind),
        .asset = *parse_asset(a.asset),
        .style = *parse_label_style(a.style),
        .from = *from,
        .until = *until,
        .tune = std::chrono::days{a.tune_days},
        .lightgbm = a.lightgbm,
        .trees = *trees,
        .external = *external,
        .external_age = Seconds{a.external_age_s},
        .seed = a.seed,
        // Paths are the machine's own; the hash of the bars says which they were.
        .command = fmt::format(
            "polyquant train {} --asset {} --kind {} --style {}{}{} --tune-days {}{}{}",
            a.name,
            a.asset,
            a.kind,
            a.style,
            option("--from", a.from),
            option("--until", a.until),
            a.tune_days,
            *trees ? fmt::format(
                         " --trees FILE --trees-until {} --trees-on {}", a.trees_until, a.trees_on
                     )
                   : "",
            *external ? fmt::format(" --external FILE --external-age {}", a.external_age_s) : ""
        ),
        .code_version = code_version()
    };
    auto const model = train(*bars, spec);
    if (!model) return output.fail(model.error());
    Registry const registry{a.folder};
    if (auto const done = registry.add(*model); !done) return output.fail(done.error());
    output.out << describe(*model);
    return code(ExitCode::ok);
}

int list_models(Arguments const& a, Output const& output) {
    auto const listed = Registry{a.folder}.list();
    if (!listed) return output.fail(listed.error());
    if (listed->empty()) output.out << "no models in " << a.folder << '\n';
    auto damaged = false;
    for (auto const& [name, model, in_use] : *listed) {
        auto const mark = in_use ? "in use" : "";
        if (!model) {
            damaged = true;
            output.out << fmt::format("{:<24} {:<7} UNUSABLE\n", name, mark);
            output.err << describe(model.error()) << '\n';
            continue;
        }
        output.out << fmt::format(
            "{:<24} {:<7} {} {} {}, bars to {}\n",
            name,
            mark,
            to_string(model->asset),
            models::window::to_string(model->style),
            to_string(model->kind),
            format_utc(model->trained.last_close)
        );
    }
    return code(damaged ? ExitCode::bad_data : ExitCode::ok);
}

int show_model(Arguments const& a, Output const& output) {
    auto const model = Registry{a.folder}.load(a.name);
    if (!model) return output.fail(model.error());
    output.out << describe(*model);
    return code(ExitCode::ok);
}

// Against `other`, or the one in use where that is empty.
Result<Comparison> compare_held_out(
    Arguments const& a, Registry const& registry, RegisteredModel const& model, std::string other
) {
    auto const from = time_or(a.from, "--from", UtcTime::min());
    if (!from) return from.error();
    auto const until = time_or(a.until, "--until", UtcTime::max());
    if (!until) return until.error();
    if (other.empty()) {
        auto const in_use = registry.in_use(model.asset, model.style);
        if (!in_use) return in_use.error();
        other = in_use->value_or("");
    }
    std::optional<RegisteredModel> reference;
    if (!other.empty()) {
        auto loaded = registry.load(other);
        if (!loaded) return loaded.error();
        reference = std::move(*loaded);
    }
    auto const bars = read_bars(a.bars);
    if (!bars) return bars.error();
    auto const external = read_external(a);
    if (!external) return external.error();
    auto const with_outside = [&](RegisteredModel& one) -> Result<void> {
        if (!*external || !one.external) return boost::system::in_place_value;
        one.outside = *external;
        return one.external->check(**external, a.external);
    };
    auto challenger = model;
    if (auto const fits = with_outside(challenger); !fits) return fits.error();
    if (reference)
        if (auto const fits = with_outside(*reference); !fits) return fits.error();
    return compare(
        challenger,
        reference ? &*reference : nullptr,
        *bars,
        {.from = *from, .to = *until, .seed = a.seed}
    );
}

int compare_models(Arguments const& a, Output const& output) {
    Registry const registry{a.folder};
    auto const model = registry.load(a.name);
    if (!model) return output.fail(model.error());
    auto const comparison = compare_held_out(a, registry, *model, a.other);
    if (!comparison) return output.fail(comparison.error());
    output.out << describe(*comparison);
    return code(ExitCode::ok);
}

int promote_model(Arguments const& a, Output const& output) {
    if (a.bars.empty() && !a.force) {
        output.err
            << "models promote: give --bars to compare with the model in use on, or --force\n";
        return code(ExitCode::usage);
    }
    Registry const registry{a.folder};
    auto const model = registry.load(a.name);
    if (!model) return output.fail(model.error());
    Promotion promotion{
        .at = runtime::LiveClock{}.utc_now(),
        .comparison = {},
        .why_no_comparison = "no bars given",
        .forced = a.force
    };
    if (!a.bars.empty()) {
        auto comparison = compare_held_out(a, registry, *model, {});
        if (comparison) {
            output.out << describe(*comparison);
            promotion.comparison = std::move(*comparison);
        } else {
            promotion.why_no_comparison = describe(comparison.error());
        }
    }
    if (auto const done = registry.promote(a.name, promotion); !done)
        return output.fail(done.error());
    output.out << fmt::format(
        "{} is in use for {} with {} outcomes{}\n",
        a.name,
        to_string(model->asset),
        models::window::to_string(model->style),
        promotion.comparison && promotion.comparison->is_won() ? ""
                                                               : " (forced, and recorded as that)"
    );
    return code(ExitCode::ok);
}

} // namespace

int run_train(std::vector<std::string> const& args, std::ostream& out, std::ostream& err) {
    Output const output{out, err};
    Arguments a;
    CLI::App app{"Train a window model and keep it in the registry", "polyquant train"};
    app.add_option("name", a.name, "Name of the new model, e.g. btc-spot-202604")->required();
    add_bars(app, a)->required();
    add_folder(app, a);
    app.add_option("--asset", a.asset, "The coin")
        ->check(CLI::IsMember({"BTC", "ETH", "SOL", "XRP"}, CLI::ignore_case))
        ->capture_default_str();
    app.add_option("--kind", a.kind, "closed_form, or its correction by a logistic or boosting fit")
        ->check(CLI::IsMember({"closed_form", "logistic", "boosting"}))
        ->capture_default_str();
    app.add_option("--style", a.style, "How the market settles: by spot or by a minute's average")
        ->check(CLI::IsMember({"spot", "average"}))
        ->capture_default_str();
    add_span(app, a, "the windows to learn from");
    app.add_option("--tune-days", a.tune_days, "Days at the end for choosing and calibrating")
        ->check(CLI::Range(1, 365))
        ->capture_default_str();
    app.add_option("--lightgbm", a.lightgbm, "lib_lightgbm.so; else the usual places");
    app.add_option("--trees", a.trees, "LightGBM text model trained elsewhere, for --kind boosting")
        ->check(CLI::ExistingFile);
    app.add_option("--trees-until", a.trees_until, "End of the data it was trained on");
    app.add_option(
           "--trees-on", a.trees_on, "What its trees add to: closed_form (init score) or none"
    )
        ->check(CLI::IsMember({"closed_form", "none"}))
        ->capture_default_str();
    add_external(
        app,
        a,
        "Columns from outside (csv or jsonl), kept where walking "
        "forward says so"
    );
    app.add_option("--external-age", a.external_age_s, "Seconds for which their values are fresh")
        ->check(CLI::Range(1, 86'400))
        ->capture_default_str();
    app.footer("BTC's and ETH's bars, where given, add what those coins lead. Keep some days of "
               "bars after --until: a promotion needs at least five that no model has seen.");
    if (auto const done = parse(app, args, output)) return *done;
    return train_model(a, output);
}

int run_models(std::vector<std::string> const& args, std::ostream& out, std::ostream& err) {
    Output const output{out, err};
    Arguments a;
    CLI::App app{"The trained models and which of them are in use", "polyquant models"};
    app.require_subcommand(1);
    auto* list = app.add_subcommand("list", "All models, one a line");
    add_folder(*list, a);
    auto* show = app.add_subcommand("show", "Where a model comes from and what it holds");
    auto* compare = app.add_subcommand(
        "compare", "Two models on the same windows, which neither has seen in training"
    );
    auto* promote = app.add_subcommand(
        "promote", "Put a model into use, if it beats the one in use on windows neither has seen"
    );
    for (auto* command : {show, compare, promote}) {
        command->add_option("name", a.name, "The model")->required();
        add_folder(*command, a);
    }
    compare->add_option("other", a.other, "Against this one; else the one in use");
    add_bars(*compare, a)->required();
    add_bars(*promote, a);
    for (auto* command : {compare, promote}) {
        add_span(*command, a, "the windows to compare on");
        add_external(*command, a, "Columns from outside, for models trained with some");
        command->add_option("--seed", a.seed, "Of the resampling")->capture_default_str();
    }
    promote->add_flag("--force", a.force, "Without proof; promotions.jsonl says so");
    if (auto const done = parse(app, args, output)) return *done;
    if (*list) return list_models(a, output);
    if (*show) return show_model(a, output);
    if (*compare) return compare_models(a, output);
    return promote_model(a, output);
}

int run_evaluate(std::vector<std::string> const& args, std::ostream& out, std::ostream& err) {
    ProgressBar bar{err, "evaluating"};
    return models::evaluation::run_evaluate_command(
        args,
        out,
        err,
        {.read_bars = read_bars,
         .run_jobs = runtime::run_parallel,
         .progress =
             [&bar](std::size_t done, std::size_t of) {
                 bar.show(done, of);
             }}
    );
}

} // namespace polyquant::app
