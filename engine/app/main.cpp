// The command line. Everything a command does lies behind one function call.

#include "config/param_value.hpp"
#include "config/raw_value.hpp"
#include "config/report.hpp"
#include "connectors/tape/tape_command.hpp"
#include "engine/app/accuracy_commands.hpp"
#include "engine/app/analyze_command.hpp"
#include "engine/app/backtest_command.hpp"
#include "engine/app/build_info.hpp"
#include "engine/app/doctor_command.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/fetch_command.hpp"
#include "engine/app/keys_commands.hpp"
#include "engine/app/ledger_commands.hpp"
#include "engine/app/livetest_command.hpp"
#include "engine/app/model_commands.hpp"
#include "engine/app/params_history.hpp"
#include "engine/app/quotes_command.hpp"
#include "engine/app/record_command.hpp"
#include "engine/app/replay_command.hpp"
#include "engine/app/report_command.hpp"
#include "engine/app/run_command.hpp"
#include "engine/app/sandbox_command.hpp"
#include "engine/app/signal_command.hpp"
#include "engine/app/sweep_command.hpp"
#include "engine/app/sweep_worker.hpp"
#include "engine/app/transfer_command.hpp"
#include "engine/runtime/clock.hpp"
#include "strategies/catalog.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>

namespace {

using namespace polyquant;

struct CommandLine {
    CLI::App app{"polyquant: an engine for Polymarket's 5-minute crypto Up/Down markets"};
    app::ReplayOptions replay;
    app::RunOptions run;
    app::DoctorOptions doctor;
    app::LivetestOptions livetest;
    app::KeySource doctor_key;
    bool doctor_account = false;
    std::string mode = "paper";
    std::string run_for;
    std::vector<std::filesystem::path> params_files;
    bool params_markdown = false;
    std::optional<std::filesystem::path> params_history;
    std::filesystem::path where;
    std::filesystem::path csv;
    std::optional<std::string> strategy;
    app::TransferOptions transfer;
    app::VerdictOptions verdict;
    app::AskTableOptions asks;
};

CLI::App* add_verdict(CommandLine& line) {
    auto& o = line.verdict;
    auto* c = line.app.add_subcommand(
        "verdict", "Trade or do not trade, for each coin: edge after costs from bets and forecasts"
    );
    c->add_option("run", o.run, "The run's directory, or its ledger file")->required();
    c->add_option("--until", o.until, "Judge as of this UTC time; else the end of the ledger");
    c->add_option("--days", o.days, "Look back so many days")
        ->check(CLI::Range(1, 365))
        ->capture_default_str();
    c->add_option("--bets-min", o.bets_min, "Fewer bets are no reason to trade")
        ->check(CLI::Range(2, 100'000))
        ->capture_default_str();
    c->add_option("--edge-min", o.edge_min, "Would-be bets have at least this P - ask - fee")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    c->add_flag("--json", o.json, "As one JSON object");
    return c;
}

CLI::App* add_asks(CommandLine& line) {
    auto& o = line.asks;
    auto* c = line.app.add_subcommand(
        "asks", "What asks were worth by price and time left, learned from ledgers"
    );
    c->add_option("runs", o.runs, "Directories of runs, or their ledger files")->required();
    c->add_option("--seed", o.seed, "A table to start from")->check(CLI::ExistingFile);
    c->add_option("--to", o.to, "Write the table here, for [learning] quote_table");
    return c;
}

CLI::App* add_transfer(CommandLine& line) {
    auto& o = line.transfer;
    auto* c = line.app.add_subcommand(
        "transfer", "Move free money between two strategies of a run that is stopped"
    );
    c->add_option("run", o.run, "The run's directory")->required()->check(CLI::ExistingDirectory);
    c->add_option("--from", o.from, "Strategy that gives")->required();
    c->add_option("--to", o.to, "Strategy that gets")->required();
    c->add_option("amount", o.amount, "USDC, e.g. 12.50")->required();
    c->add_option("--note", o.note, "Why, for the ledger");
    return c;
}

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

void add_key(CLI::App& command, app::KeySource& key) {
    command.add_option("--keystore", key.directory, "Directory of keys (~/.polyquant/keys)");
    command
        .add_option(
            "--passphrase-fd", key.passphrase.descriptor, "Read the passphrase from this descriptor"
        )
        ->check(CLI::NonNegativeNumber);
    command.add_option(
        "--passphrase-env", key.passphrase.environment, "Read it from this environment variable"
    );
    command.add_option(
        "--key-env", key.plaintext_variable, "A plaintext private key in this variable instead"
    );
    command.add_flag(
        "--allow-plaintext-key", key.allow_plaintext, "Needed for --key-env: it is less safe"
    );
}

CLI::App* add_livetest(CommandLine& line) {
    auto& o = line.livetest;
    auto* c = line.app.add_subcommand(
        "livetest",
        "One round trip of the smallest size with real money, before a strategy gets any"
    );
    c->add_option("config", o.configs, "Configuration files; several are merged")
        ->required()
        ->check(CLI::ExistingFile);
    c->add_option("--dir", o.directory, "Directory of the live ledger");
    c->add_option("--max-usd", o.most, "Never more than this at stake, 1 to 25")
        ->capture_default_str();
    c->add_option("--confirm", o.live.confirm, "The confirmation, where there is no terminal");
    add_key(*c, o.live.key);
    return c;
}

CLI::App* add_run(CommandLine& line) {
    auto& o = line.run;
    auto* c = line.app.add_subcommand(
        "run", "Trade live markets: on paper (default), against the sandbox, or with real money"
    );
    c->add_option("config", o.configs, "Configuration files; several are merged")
        ->required()
        ->check(CLI::ExistingFile);
    c->add_option("--mode", line.mode, "paper (default), sandbox or live")
        ->check(CLI::IsMember({"paper", "sandbox", "live"}));
    c->add_option("--dir", o.directory, "Directory of ledger, journals and recordings");
    c->add_option("--sandbox", o.sandbox, "Directory of the running sandbox (state/sandbox)");
    c->add_option(
        "--for", line.run_for, "Stop in order after this much of the engine's time, e.g. 90m"
    );
    c->add_flag(
        "--clear-halts", o.clear_halts, "Lift every halt that a safety rule left in the ledger"
    );
    c->add_flag("!--no-record", o.record, "Do not record the feeds to tape");
    c->add_flag("--json", o.json, "Print one JSON summary at the end and nothing else");
    add_key(*c, o.live.key);
    c->add_option(
        "--confirm", o.live.confirm, "Live mode: the confirmation, where there is no terminal"
    );
    c->add_flag(
        "--without-livetest", o.live.without_livetest, "Live mode: start without a livetest"
    );
    return c;
}

CLI::App* add_doctor(CommandLine& line) {
    auto& o = line.doctor;
    auto* c = line.app.add_subcommand(
        "doctor",
        "Check everything trading needs, from the clock to the books, and say what to mend"
    );
    c->add_option("config", o.configs, "Configuration files; several are merged")
        ->required()
        ->check(CLI::ExistingFile);
    c->add_flag("--json", o.json, "Print one JSON object");
    c->add_flag(
        "--account", line.doctor_account, "Unlock the key of [wallet] and check its account as well"
    );
    add_key(*c, line.doctor_key);
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
    if (line.params_history) {
        auto const history = app::history_text(*loaded, *line.params_history);
        if (!history) {
            std::cerr << describe(history.error()) << '\n';
            return app::code(app::ExitCode::usage);
        }
        std::cout << *history;
    }
    auto const unsound = config::unsound_strategies(*loaded);
    std::cerr << config::to_string(unsound);
    return app::code(unsound.empty() ? app::ExitCode::ok : app::ExitCode::usage);
}

int run_engine(CommandLine& line) {
    for (auto mode : {app::Mode::paper, app::Mode::sandbox, app::Mode::live})
        if (line.mode == app::to_string(mode)) line.run.mode = mode;
    if (!line.run_for.empty()) {
        config::RawValue raw;
        raw.kind = config::RawValue::Kind::string;
        raw.text = line.run_for;
        Seconds time{0};
        if (auto const complaint = config::read_value(raw, time)) {
            std::cerr << "--for: " << *complaint << "\n";
            return app::code(app::ExitCode::usage);
        }
        line.run.run_for = time;
    }
    return app::run_engine(line.run, stdout, stderr);
}

int run_doctor(CommandLine& line) {
    auto& key = line.doctor_key;
    if (!key.directory.empty()) line.doctor.keystore = key.directory;
    auto const unlocks = line.doctor_account || key.passphrase.descriptor ||
                         !key.passphrase.environment.empty() || !key.plaintext_variable.empty();
    if (unlocks) line.doctor.key = key;
    return app::run_doctor(line.doctor, stdout, stderr);
}

int dispatch(int argc, char** argv) {
    // These bring their own command line.
    if (argc >= 2) {
        std::string_view const command{argv[1]};
        std::vector<std::string> const args(argv + 2, argv + argc);
        if (command == "tape") return tape::run_tape_command(args, std::cout, std::cerr);
        if (command == "fetch") return app::run_fetch(args, std::cout, std::cerr);
        if (command == "record") return app::run_record(args, std::cout, std::cerr);
        if (command == "train") return app::run_train(args, std::cout, std::cerr);
        if (command == "evaluate") return app::run_evaluate(args, std::cout, std::cerr);
        if (command == "sandbox") return app::run_sandbox(args, stdout, stderr);
        if (command == "keys") return app::run_keys(args, std::cout, std::cerr);
        if (command == "signal") return app::run_signal(args, std::cout, std::cerr);
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
    auto* run = add_run(line);
    auto* replay = add_replay(line);
    auto* doctor = add_doctor(line);
    auto* livetest = add_livetest(line);
    line.app.add_subcommand("tape", "Import, inspect and print recordings (see tape --help)");
    line.app.add_subcommand("fetch", "Download history: bars, windows (see fetch --help)");
    line.app.add_subcommand("record", "Record every public feed onto tapes (see record --help)");
    line.app.add_subcommand("train", "Train a window model on bars (see train --help)");
    line.app.add_subcommand("signal", "Log every decision of the pipeline without orders");
    line.app.add_subcommand("evaluate", "Judge every model on held-out windows and quotes");
    line.app.add_subcommand("models", "List, show, compare and promote trained models");
    line.app.add_subcommand("sandbox", "A venue of one's own on this machine (see sandbox --help)");
    line.app.add_subcommand("keys", "Encrypted keys and API credentials (see keys --help)");
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
    params->add_option(
        "--history", line.params_history, "A run's directory: trades a day and win rates of it"
    );
    params->add_flag("--markdown", line.params_markdown, "The reference page of all parameters");
    auto* status = add_ledger_command(line, "status", "Money and positions of a run, by strategy");
    auto* trades = add_ledger_command(line, "trades", "The trade log as CSV on standard output");
    trades->add_option("--strategy", line.strategy, "Only this strategy's");
    auto* exports = add_ledger_command(line, "export", "Write the trade log to a CSV file");
    exports->add_option("csv", line.csv, "The file")->required();
    auto* transfer = add_transfer(line);
    auto* check = add_ledger_command(line, "check", "Verify a ledger's books and print its digest");
    auto* verdict = add_verdict(line);
    auto* asks = add_asks(line);
    try {
        line.app.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        auto const answered = line.app.exit(error, std::cout, std::cerr) == 0;
        return app::code(answered ? app::ExitCode::ok : app::ExitCode::usage);
    }
    if (*run) return run_engine(line);
    if (*doctor) return run_doctor(line);
    if (*livetest) return app::run_livetest(line.livetest, stdout, stderr);
    if (*replay) return app::run_replay(line.replay, stdout, stderr);
    if (*params) return show_params(line);
    if (*status) return app::run_status(line.where, stdout, stderr);
    if (*trades) return app::run_trades(line.where, line.strategy, stdout, stderr);
    if (*exports) return app::run_export(line.where, line.csv, stdout, stderr);
    if (*transfer)
        return app::run_transfer(line.transfer, runtime::LiveClock{}.utc_now(), stdout, stderr);
    if (*check) return app::run_check(line.where, stdout, stderr);
    if (*verdict) return app::run_verdict(line.verdict, stdout, stderr);
    if (*asks) return app::run_asks(line.asks, stdout, stderr);
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
