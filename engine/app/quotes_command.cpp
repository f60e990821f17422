#include "engine/app/quotes_command.hpp"

#include "engine/app/bar_input.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/quote_recordings.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <fstream>
#include <ostream>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::vector<fs::path> books;
    std::vector<fs::path> bars;
    std::vector<fs::path> traces;
    fs::path model;
    fs::path report;
    std::uint64_t seed = 1;
    fs::path shown;
};

int fail(std::ostream& err, Failure const& failure) {
    err << describe(failure) << '\n';
    return code(failure.fault == Fault::parse ? ExitCode::bad_data : ExitCode::failed);
}

// As typed, but only the names of files: paths are of no use to anybody else.
std::string command_of(Arguments const& a) {
    std::string text = "polyquant quotes fit";
    auto const add = [&](char const* option, std::vector<fs::path> const& files) {
        if (files.empty()) return;
        text += fmt::format(" {}", option);
        for (auto const& file : files)
            text += " " + (file.filename().empty() ? file.parent_path() : file).filename().string();
    };
    add("--books", a.books);
    add("--bars", a.bars);
    add("--traces", a.traces);
    return text + fmt::format(" --seed {} -o {}", a.seed, a.model.filename().string());
}

Result<void> write(fs::path const& file, std::string const& text) {
    std::ofstream out{file};
    out << text;
    out.close();
    if (out) return {};
    return Failure{Fault::storage, file.string(), "cannot be written"};
}

std::vector<fs::path> files_in(std::vector<fs::path> const& inputs) {
    std::vector<fs::path> files;
    for (auto const& input : inputs) {
        if (!fs::is_directory(input)) {
            files.push_back(input);
            continue;
        }
        for (auto const& entry : fs::directory_iterator{input})
            if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

int fit(Arguments const& a, std::ostream& out, std::ostream& err) {
    auto const bars = read_bars(a.bars);
    if (!bars) return fail(err, bars.error());
    auto const observations = observe_quotes(a.books, *bars);
    if (!observations) return fail(err, observations.error());
    std::vector<backtest::QuoteTrace> traces;
    for (auto const& file : files_in(a.traces)) {
        auto trace = read_quote_trace(file);
        if (!trace) return fail(err, trace.error());
        traces.push_back(std::move(*trace));
    }
    auto fitted = backtest::fit_quotes(*observations, traces, a.seed);
    if (!fitted) return fail(err, fitted.error());
    std::set<UtcTime> windows;
    for (auto const& o : *observations)
        windows.insert(o.window_start);
    fitted->model.command = command_of(a);
    fitted->model.fitted_on = fmt::format(
        "{} seconds of books of {} windows, {} to {}; {} traces of quotes and prices",
        observations->size(),
        windows.size(),
        format_utc(*windows.begin()),
        format_utc(*windows.rbegin()),
        traces.size()
    );
    auto const report = fmt::format(
        "# The quote model's fit\n\nFitted on {}.\n\n    {}\n\n{}",
        fitted->model.fitted_on,
        fitted->model.command,
        fitted->report
    );
    out << report;
    if (auto const done = write(a.model, fitted->model.to_json()); !done)
        return fail(err, done.error());
    if (!a.report.empty())
        if (auto const done = write(a.report, report); !done) return fail(err, done.error());
    return code(ExitCode::ok);
}

int show(Arguments const& a, std::ostream& out, std::ostream& err) {
    auto const model = backtest::QuoteModel::load(a.shown);
    if (!model) return fail(err, model.error());
    out << model->to_json();
    return code(ExitCode::ok);
}

} // namespace

int run_quotes(std::vector<std::string> const& args, std::ostream& out, std::ostream& err) {
    Arguments a;
    CLI::App app{"The quote model of backtests on bars", "polyquant quotes"};
    app.require_subcommand(1);
    auto* fitting = app.add_subcommand("fit", "Fit the model to recorded books and show the fit");
    fitting->add_option("--books", a.books, "Tapes with order books")
        ->required()
        ->check(CLI::ExistingFile);
    fitting
        ->add_option("--bars", a.bars, "1-minute bars of the same time: tapes, CSV files, folders")
        ->required()
        ->check(CLI::ExistingPath);
    fitting->add_option("--traces", a.traces, "Quotes with prices to the second: files or folders")
        ->check(CLI::ExistingPath);
    fitting->add_option("--seed", a.seed, "Of the intervals' resampling");
    fitting->add_option("-o,--output", a.model, "The model's file")->required();
    fitting->add_option("--report", a.report, "The fit as Markdown");
    auto* shown = app.add_subcommand("show", "Check a model's file and print it");
    shown->add_option("model", a.shown, "The file")->required()->check(CLI::ExistingFile);
    try {
        std::vector<std::string> reversed(args.rbegin(), args.rend());
        app.parse(reversed);
    } catch (CLI::ParseError const& error) {
        auto const answered = app.exit(error, out, err) == 0;
        return code(answered ? ExitCode::ok : ExitCode::usage);
    }
    return *fitting ? fit(a, out, err) : show(a, out, err);
}

} // namespace polyquant::app
