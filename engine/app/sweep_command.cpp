#include "engine/app/sweep_command.hpp"

#include "engine/app/run_storage.hpp"
#include "engine/app/sweep_coordinator.hpp"
#include "engine/core/replace_file.hpp"
#include "engine/report/sweep_report.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <sstream>
#include <unistd.h>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;
using backtest::SweepStore;

std::optional<int>
parse(CLI::App& app, std::vector<std::string> const& args, std::FILE* out, std::FILE* err) {
    try {
        std::vector<std::string> reversed(args.rbegin(), args.rend());
        app.parse(reversed);
        return std::nullopt;
    } catch (CLI::ParseError const& error) {
        std::ostringstream text, problem;
        auto const answered = app.exit(error, text, problem) == 0;
        std::fputs(text.str().c_str(), out);
        std::fputs(problem.str().c_str(), err);
        return code(answered ? ExitCode::ok : ExitCode::usage);
    }
}

int refuse(std::FILE* err, Failure const& failure) {
    fmt::print(err, "{}\n", describe(failure));
    return code(exit_for(failure));
}

} // namespace

int report_sweep(
    std::string const& file, std::string const& to, bool as_json, std::FILE* out, std::FILE* err
) {
    auto const store = SweepStore::open(file);
    if (!store) return refuse(err, store.error());
    auto const pages = report::sweep_report(*store);
    if (!pages) return refuse(err, pages.error());
    if (as_json) {
        std::fputs(pages->json.c_str(), out);
        return code(ExitCode::ok);
    }
    for (auto const& line : pages->text)
        fmt::print(out, "{}\n", line);
    auto const folder = to.empty() ? fs::absolute(file).parent_path() : fs::path{to};
    fs::create_directories(folder);
    auto const name = fs::path{file}.stem().string();
    for (auto const& [suffix, text] : {std::pair{".json", &pages->json}, {".html", &pages->html}})
        if (auto const written = replace_file(folder / (name + suffix), *text); !written)
            return refuse(err, written.error());
    fmt::print(out, "\npage {}\n", (folder / (name + ".html")).string());
    return code(ExitCode::ok);
}

int run_sweep(std::vector<std::string> const& args, std::FILE* out, std::FILE* err) {
    SweepOptions a;
    int workers = 0;
    fs::path output;
    CLI::App app{
        "Try many variants of a backtest, and judge the best on other days", "polyquant sweep"
    };
    app.add_option("store", a.store, "SQLite file of the sweep; alone: go on with the sweep in it")
        ->required();
    app.add_option("-c,--config", a.configs, "Configuration files")->check(CLI::ExistingFile);
    app.add_option("--set", a.settings, "A key over the files, the same in all variants");
    app.add_option("--vary", a.vary, "KEY=V,V,... or KEY=LOW..HIGH[:STEP]; once for each key");
    app.add_option("--method", a.method, "grid, random or latin (hypercube)")
        ->capture_default_str();
    app.add_option("--runs", a.runs, "Variants of random and latin")->capture_default_str();
    app.add_option("--seed", a.seed, "Of the plan and of every run")->capture_default_str();
    app.add_option("--bars", a.bars, "1-minute bars, with --quotes")->check(CLI::ExistingPath);
    app.add_option("--quotes", a.quotes, "The quote model's file, or \"toy\"");
    app.add_option("--informed", a.informed, "Informed share of the quotes")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--latency", a.latency, "Measured order latency: tapes, or ms a line")
        ->check(CLI::ExistingPath);
    app.add_option("--tapes", a.tapes, "Recorded books instead of bars")->check(CLI::ExistingFile);
    app.add_option("--assets", a.assets, "Coins")->delimiter(',');
    app.add_option("--rule", a.rule, "How markets made of bars settle")->capture_default_str();
    app.add_option("--select", a.select, "FROM..UNTIL: days the best are chosen on");
    app.add_option("--judge", a.judge, "FROM..UNTIL: days they are judged on; no day in common");
    app.add_option("--best", a.best, "How many are judged")->capture_default_str();
    app.add_option("--objective", a.objective, "sharpe, pnl or edge")->capture_default_str();
    app.add_option("-j,--workers", workers, "Processes; the number of cores without it")
        ->check(CLI::Range(1, 1024));
    app.add_option("-o,--output", output, "Folder of the report");
    if (auto const answered = parse(app, args, out, err)) return *answered;
    if (workers == 0) workers = static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));

    auto store = SweepStore::open(a.store);
    if (!store) return refuse(err, store.error());
    if (!a.vary.empty() || !a.configs.empty()) {
        if (a.configs.empty() || a.bars.empty() != a.quotes.empty() ||
            (a.bars.empty() && a.tapes.empty()))
            return refuse(
                err,
                {Fault::invalid,
                 "sweep",
                 "a new sweep needs --config, --vary, --select, --judge and --bars with --quotes, "
                 "or --tapes"}
            );
        auto const description = describe_sweep(a);
        if (!description) return refuse(err, description.error());
        if (auto const set = store->set_description(*description); !set)
            return refuse(err, set.error());
    }
    auto const done = SweepCoordinator{a.store, std::move(*store), workers, err}.run();
    if (!done) return refuse(err, done.error());
    if (*done != ExitCode::ok) {
        fmt::print(err, "stopped; polyquant sweep {} goes on\n", a.store.string());
        return code(*done);
    }
    std::error_code ignored;
    fs::remove(work_folder(a.store), ignored); // empty, unless another process still works there
    return report_sweep(a.store.string(), output.string(), false, out, err);
}

} // namespace polyquant::app
