// The command line. Everything a command does lies behind one function call.

#include "config/report.hpp"
#include "connectors/tape/tape_command.hpp"
#include "engine/app/analyze_command.hpp"
#include "engine/app/backtest_command.hpp"
#include "engine/app/build_info.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/ledger_commands.hpp"
#include "engine/app/model_commands.hpp"
#include "engine/app/quotes_command.hpp"
#include "engine/app/replay_command.hpp"
#include "engine/app/report_command.hpp"
#include "engine/app/sweep_command.hpp"
#include "strategies/catalog.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>

namespace {

using namespace polyquant;

struct CommandLine {
    CLI::App app{"polyquant: an engine for Polymarket's 5-minute crypto Up/Down markets"};
    app::ReplayOptions replay;
    std::vector<std::filesystem::path> params_files;
    bool params_markdown = false;
    std::filesystem::path where;
    std::filesystem::path csv;
    std::optional<std::string> strategy;
};

CLI::App* add_replay(CommandLine& line) {
    auto& o = line.replay;
    auto* c = line.app.add_subcommand(
        "replay", "Trade recorded markets on the simulated venue, with the engine that trades live"
    );
    c->add_option("tapes", o.tapes, "Tapes, instead of those the configuration names")
        ->check(CLI::ExistingFile);
    c->add_option("-c,--config", o.configs, "Configuration files; several are merged")
        ->required()
        ->check(CLI::ExistingFile);
    c->add_option("--speed", o.speed, "Times real time, or \"max\"");
    c->add_option("--seed", o.seed, "Seed of latency and faults")->check(CLI::NonNegativeNumber);
    c->add_option("--from", o.from, "Trade from this UTC time on, e.g. 2026-04-14T10:00:00Z");
    c->add_option("--until", o.until, "Stop at this UTC time");
    c->add_option("--dir", o.directory, "Directory of ledger and journal; made if missing");
    c->add_flag("--fresh", o.fresh, "Move an earlier run in that directory aside");
    c->add_flag("--json", o.json, "Print one JSON summary and nothing else");
    c->add_option(
         "--crash-after-record",
         o.crash_after_record,
         "Testing: kill the process right after this journal record"
    )
        ->group("");
    return c;
}

CLI::App* add_ledger_command(CommandLine& line, char const* name, char const* what) {
    auto* c = line.app.add_subcommand(name, what);
    c->add_option("run", line.where, "The run's directory, or its ledger file")->required();
    return c;
}

int show_params(CommandLine const& line) {
    if (line.params_markdown) {
        std::cout << config::render_params_markdown(strategies::strategy_kinds());
        return app::code(app::ExitCode::ok);
    }
    auto const loaded = config::load_run_config(line.params_files, strategies::strategy_kinds());
    if (!loaded) {
        std::cerr << config::to_string(loaded.error());
        return app::code(app::ExitCode::usage);
    }
    config::print_params(*loaded, std::cout);
    auto const unsound = config::unsound_strategies(*loaded);
    std::cerr << config::to_string(unsound);
    return app::code(unsound.empty() ? app::ExitCode::ok : app::ExitCode::usage);
}

int dispatch(int argc, char** argv) {
    // These bring their own command line.
    if (argc >= 2) {
        std::string_view const command{argv[1]};
        std::vector<std::string> const args(argv + 2, argv + argc);
        if (command == "tape") return tape::run_tape_command(args, std::cout, std::cerr);
        if (command == "train") return app::run_train(args, std::cout, std::cerr);
        if (command == "evaluate") return app::run_evaluate(args, std::cout, std::cerr);
        if (command == "models") return app::run_models(args, std::cout, std::cerr);
        if (command == "backtest") return app::run_backtest_command(args, stdout, stderr);
        if (command == "analyze") return app::run_analyze(args, stdout, stderr);
        if (command == "parity") return app::run_parity(args, stdout, stderr);
        if (command == "sweep") return app::run_sweep(args, stdout, stderr);
        if (command == "sweep-worker") return app::run_sweep_worker(args, stderr);
        if (command == "report") return app::run_report(args, stdout, stderr);
        if (command == "quotes") return app::run_quotes(args, std::cout, std::cerr);
    }
    CommandLine line;
    line.app.require_subcommand(1);
    line.app.set_version_flag("--version", app::build_info());
    line.app.footer("Exit codes: 0 fine, 1 failed, 2 usage or configuration, 3 damaged data, "
                    "4 halted by a safety rule, 5 storage, 130 interrupted.");
    auto* replay = add_replay(line);
    line.app.add_subcommand("tape", "Import, inspect and print recordings (see tape --help)");
    line.app.add_subcommand("train", "Train a window model on bars (see train --help)");
    line.app.add_subcommand("evaluate", "Judge every model on held-out windows and quotes");
    line.app.add_subcommand("models", "List, show, compare and promote trained models");
    line.app.add_subcommand("backtest", "Trade recorded books, or bars with modelled quotes");
    line.app.add_subcommand("sweep", "Try many variants, judge the best on other days");
    line.app.add_subcommand("analyze", "Look-ahead, and gaps, outliers and clocks of data");
    line.app.add_subcommand("parity", "Two runs side by side, with the bridge between results");
    line.app.add_subcommand("report", "A stored run as summary, JSON, CSV and one page");
    line.app.add_subcommand("quotes", "Fit the quote model of backtests on bars");
    auto* params = line.app.add_subcommand(
        "params", "Every parameter with value, origin, range and meaning, and break-even tables"
    );
    params->add_option("config", line.params_files, "Configuration files")
        ->check(CLI::ExistingFile);
    params->add_flag("--markdown", line.params_markdown, "The reference page of all parameters");
    auto* status = add_ledger_command(line, "status", "Money and positions of a run, by strategy");
    auto* trades = add_ledger_command(line, "trades", "The trade log as CSV on standard output");
    trades->add_option("--strategy", line.strategy, "Only this strategy's");
    auto* exports = add_ledger_command(line, "export", "Write the trade log to a CSV file");
    exports->add_option("csv", line.csv, "The file")->required();
    auto* check = add_ledger_command(line, "check", "Verify a ledger's books and print its digest");
    try {
        line.app.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        auto const answered = line.app.exit(error, std::cout, std::cerr) == 0;
        return app::code(answered ? app::ExitCode::ok : app::ExitCode::usage);
    }
    if (*replay) return app::run_replay(line.replay, stdout, stderr);
    if (*params) return show_params(line);
    if (*status) return app::run_status(line.where, stdout, stderr);
    if (*trades) return app::run_trades(line.where, line.strategy, stdout, stderr);
    if (*exports) return app::run_export(line.where, line.csv, stdout, stderr);
    if (*check) return app::run_check(line.where, stdout, stderr);
    return app::code(app::ExitCode::usage);
}

} // namespace

int main(int argc, char** argv) {
    try {
        return dispatch(argc, argv);
    } catch (std::exception const& error) {
        std::cerr << "polyquant: " << error.what() << "\n";
        return app::code(app::ExitCode::failed);
    }
}
