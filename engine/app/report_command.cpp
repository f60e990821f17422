#include "engine/app/report_command.hpp"

#include "engine/app/exit_code.hpp"
#include "engine/app/run_storage.hpp"
#include "engine/app/sweep_command.hpp"
#include "engine/backtest/sweep_store.hpp"
#include "engine/core/replace_file.hpp"
#include "engine/report/report.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <sstream>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;

struct Arguments {
    fs::path run;
    fs::path to;
    bool json = false;
};

Result<void> write_files(report::RunData const& run, std::string const& json, fs::path const& to) {
    std::error_code error;
    fs::create_directories(to, error);
    if (error) return Failure{Fault::storage, to.string(), error.message()};
    for (auto const& [name, text] : {
             std::pair<char const*, std::string>{"report.json", json},
             {"report.html", report::report_html(json)},
             {"trades.csv", report::trades_csv(run)},
             {"orders.csv", report::orders_csv(run)},
         })
        if (auto const written = replace_file(to / name, text); !written) return written.error();
    return {};
}

} // namespace

Result<void> write_report(fs::path const& run, fs::path const& to) {
    auto const read = report::read_run(run);
    if (!read) return read.error();
    auto const figures = report::compute_figures(*read);
    return write_files(*read, report::report_json(*read, figures), to);
}

int run_report(std::vector<std::string> const& args, std::FILE* out, std::FILE* err) {
    Arguments a;
    CLI::App app{"A stored run as summary, JSON, CSV and one page", "polyquant report"};
    app.add_option("run", a.run, "A run's directory, its ledger file, or a sweep's store")
        ->required()
        ->check(CLI::ExistingPath);
    app.add_option("-o,--output", a.to, "Where the files go; the run's own directory without it");
    app.add_flag("--json", a.json, "Print the JSON and write nothing");
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
    auto const refuse = [&](Failure const& failure) {
        fmt::print(err, "{}\n", describe(failure));
        return code(exit_for(failure));
    };
    if (!fs::is_directory(a.run) && backtest::SweepStore::is_store(a.run))
        return report_sweep(a.run.string(), a.to.string(), a.json, out, err);
    auto const run = report::read_run(a.run);
    if (!run) return refuse(run.error());
    auto const figures = report::compute_figures(*run);
    auto const json = report::report_json(*run, figures);
    if (a.json) {
        std::fputs(json.c_str(), out);
        return code(ExitCode::ok);
    }
    for (auto const& line : report::report_text(*run, figures))
        fmt::print(out, "{}\n", line);
    auto const to = a.to.empty() ? run->directory : a.to;
    if (auto const written = write_files(*run, json, to); !written) return refuse(written.error());
    fmt::print(out, "\npage {}\n", (to / "report.html").string());
    return code(ExitCode::ok);
}

} // namespace polyquant::app
