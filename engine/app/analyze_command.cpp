#include "engine/app/analyze_command.hpp"

#include "connectors/tape/tape_report.hpp"
#include "engine/app/analyze_latency.hpp"
#include "engine/app/backtest_command.hpp"
#include "engine/app/bar_input.hpp"
#include "engine/app/clock_check.hpp"
#include "engine/app/run_storage.hpp"
#include "engine/backtest/data_check.hpp"
#include "engine/backtest/look_ahead.hpp"
#include "engine/core/replace_file.hpp"
#include "engine/report/parity.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <sstream>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;
using models::window::AssetBars;

int refuse(std::FILE* err, Failure const& failure) {
    fmt::print(err, "{}\n", describe(failure));
    return code(exit_for(failure));
}

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

struct LookAheadArguments {
    BacktestOptions run;
    std::size_t moments = 400;
    std::size_t cuts = 2;
    fs::path work = fs::temp_directory_path() / "polyquant-lookahead";
};

// The orders a run decided before `cut`, one line each.
Result<std::vector<std::string>> orders_before(fs::path const& run, UtcTime cut) {
    auto const data = report::read_run(run);
    if (!data) return data.error();
    std::vector<std::string> lines;
    for (auto const& o : data->orders)
        if (o.decided_at < cut)
            lines.push_back(fmt::format(
                "{} {} {} {} at {} limit {} size {} P {}",
                format_utc(o.decided_at),
                o.strategy.text,
                o.slug,
                to_string(o.outcome),
                to_string(o.seen_price),
                to_string(o.limit),
                to_string(o.size),
                o.win_probability
            ));
    return lines;
}

AssetBars disturbed_after(AssetBars bars, UtcTime cut) {
    for (auto& own : bars)
        for (auto& bar : own) {
            if (bar.close_time() <= cut) continue;
            bar.open *= 3;
            bar.high *= 7;
            bar.low *= 0.5;
            bar.close *= 5;
            bar.volume = 11 * bar.volume + 1;
        }
    return bars;
}

class StrategyCheck {
public:
    StrategyCheck(LookAheadArguments const& a, AssetBars const* bars, std::FILE* out)
        : a_{a}, bars_{bars}, out_{out} {}

    // How many cuts showed a difference.
    Result<std::size_t> run() {
        auto const whole = play("whole", {}, bars_);
        if (!whole) return whole.error();
        auto const record = backtest::read_run_record(*whole);
        if (!record) return record.error();
        std::size_t found = 0;
        for (std::size_t n = 1; n <= a_.cuts; ++n) {
            auto const span = record->until - record->from;
            auto const cut = window_at(
                                 record->from + span * static_cast<std::int64_t>(n) /
                                                    static_cast<std::int64_t>(a_.cuts + 1)
            )
                                 .start;
            auto const expected = orders_before(*whole, cut);
            if (!expected) return expected.error();
            auto const truncated = play("truncated", cut, bars_);
            if (!truncated) return truncated.error();
            auto const seen = orders_before(*truncated, cut);
            if (!seen) return seen.error();
            found += tell("cut off", cut, *expected, *seen);
            if (bars_ == nullptr) continue;
            auto const absurd = disturbed_after(*bars_, cut);
            auto const disturbed = play("disturbed", {}, &absurd);
            if (!disturbed) return disturbed.error();
            auto const after = orders_before(*disturbed, cut);
            if (!after) return after.error();
            found += tell("made absurd", cut, *expected, *after);
        }
        std::error_code ignored;
        fs::remove_all(a_.work, ignored);
        return found;
    }

private:
    Result<fs::path> play(char const* name, std::optional<UtcTime> until, AssetBars const* bars) {
        auto o = a_.run;
        o.directory = a_.work / name;
        o.quiet = true;
        o.moments = false;
        std::error_code ignored;
        fs::remove_all(*o.directory, ignored);
        if (until) o.until = format_utc(*until);
        auto const done = run_backtest(o, out_, bars);
        if (!done) return done.error();
        return done->directory;
    }

    std::size_t tell(
        char const* what,
        UtcTime cut,
        std::vector<std::string> const& expected,
        std::vector<std::string> const& seen
    ) {
        if (expected == seen) {
            fmt::print(
                out_,
                "strategies  future {} at {}: {} orders before it, the same\n",
                what,
                format_utc(cut),
                expected.size()
            );
            return 0;
        }
        fmt::print(out_, "LOOK-AHEAD  strategies, future {} at {}:\n", what, format_utc(cut));
        for (std::size_t i = 0; i < std::max(expected.size(), seen.size()); ++i) {
            auto const a = i < expected.size() ? expected[i] : "nothing";
            auto const b = i < seen.size() ? seen[i] : "nothing";
            if (a == b) continue;
            fmt::print(out_, "  {}\n  {}\n", a, b);
            break;
        }
        return 1;
    }

    LookAheadArguments const& a_;
    AssetBars const* bars_;
    std::FILE* out_;
};

int look_ahead(LookAheadArguments const& a, std::FILE* out, std::FILE* err) {
    std::optional<AssetBars> bars;
    if (!a.run.bars.empty() || !a.run.tapes.empty()) {
        auto read = read_bars(a.run.bars.empty() ? a.run.tapes : a.run.bars);
        if (!read) return refuse(err, read.error());
        bars = std::move(*read);
    }
    std::size_t found = 0;
    auto const source = backtest::feature_columns();
    for (auto const asset : all_assets) {
        if (!bars || (*bars)[index_of(asset)].empty()) continue;
        auto const& own = (*bars)[index_of(asset)];
        auto const findings = backtest::find_look_ahead(source, own, a.moments, 5);
        auto const labels = backtest::find_label_look_ahead(own, a.moments, 5);
        fmt::print(
            out,
            "{} features {} columns at {} moments: {} change with the future, {} when it is cut "
            "off, "
            "{} suspicious; labels: {} reach beyond their horizon\n",
            to_string(asset),
            source.names.size(),
            findings.moments,
            findings.disturbed.size(),
            findings.truncated.size(),
            findings.suspicious.size(),
            labels.size()
        );
        for (auto const* list : {&findings.disturbed, &findings.truncated, &findings.suspicious})
            for (auto const& finding : *list)
                fmt::print(out, "LOOK-AHEAD  {}: {}\n", finding.column, finding.what);
        for (auto const& label : labels)
            fmt::print(out, "LOOK-AHEAD  label of {}\n", label);
        found += findings.disturbed.size() + findings.truncated.size() +
                 findings.suspicious.size() + labels.size();
    }
    if (!a.run.configs.empty()) {
        auto const from_bars = !a.run.bars.empty();
        auto const differing = StrategyCheck{a, from_bars ? &*bars : nullptr, out}.run();
        if (!differing) return refuse(err, differing.error());
        found += *differing;
    }
    fmt::print(
        out,
        "{}\n",
        found == 0 ? "no look-ahead found"
                   : "LOOK-AHEAD FOUND: no result of this set-up can be believed"
    );
    return code(found == 0 ? ExitCode::ok : ExitCode::failed);
}

Result<bool> check_tape(fs::path const& path, std::FILE* out) {
    auto reader = tape::TapeReader::open(path);
    if (!reader) return reader.error();
    auto const summary = tape::summarize(*reader, {});
    fmt::print(out, "{}\n", tape::summary_as_text(*reader, summary));
    auto const clocks = check_clocks(path);
    if (!clocks) return clocks.error();
    for (auto const& line : clock_check_text(*clocks))
        fmt::print(out, "{}\n", line);
    return clocks->has_findings() || !tape::problems_of(*reader).empty();
}

int data(std::vector<fs::path> const& inputs, std::FILE* out, std::FILE* err) {
    auto findings = false;
    for (auto const& input : inputs) {
        if (input.extension() != ".tape") continue;
        auto const found = check_tape(input, out);
        if (!found) return refuse(err, found.error());
        findings = findings || *found;
    }
    auto const bars = read_bars(inputs);
    if (bars) {
        auto const checks = backtest::check_bars(*bars);
        for (auto const& line : backtest::bar_check_text(checks))
            fmt::print(out, "{}\n", line);
        findings = findings || backtest::has_findings(checks);
    } else if (bars.error().detail != "no closed 1-minute bar in it") {
        return refuse(err, bars.error());
    }
    fmt::print(out, "{}\n", findings ? "FINDINGS: see above" : "no findings");
    return code(findings ? ExitCode::bad_data : ExitCode::ok);
}

} // namespace

int run_analyze(std::vector<std::string> const& args, std::FILE* out, std::FILE* err) {
    LookAheadArguments a;
    std::vector<fs::path> inputs;
    CLI::App app{"Look-ahead and the state of the data", "polyquant analyze"};
    app.require_subcommand(1);
    auto* ahead = app.add_subcommand(
        "lookahead", "Shift, cut off and disturb the future: does anything before it change?"
    );
    ahead->add_option("--bars", a.run.bars, "1-minute bars")->check(CLI::ExistingPath);
    ahead->add_option("--tapes", a.run.tapes, "Recorded books and bars")->check(CLI::ExistingFile);
    ahead->add_option("--quotes", a.run.quotes, "With --bars and --config: quote model or toy");
    ahead->add_option("-c,--config", a.run.configs, "Check these strategies, too")
        ->check(CLI::ExistingFile);
    ahead->add_option("--set", a.run.settings, "A key over the files");
    ahead->add_option("--from", a.run.from, "First UTC time of the strategies' check");
    ahead->add_option("--until", a.run.until, "Its end");
    ahead->add_option("--moments", a.moments, "Moments at which features are checked")
        ->capture_default_str();
    ahead->add_option("--cuts", a.cuts, "Times at which the future is cut off and disturbed")
        ->capture_default_str();
    ahead->add_option("--work", a.work, "Folder for the runs; removed at the end");
    auto* state =
        app.add_subcommand("data", "Gaps, outliers, impossible values, clock differences");
    state->add_option("inputs", inputs, "Tapes, bar files or folders")
        ->required()
        ->check(CLI::ExistingPath);
    auto* latency =
        app.add_subcommand("latency", "How long answers took, and what a backtest draws from it");
    latency->add_option("inputs", inputs, "Tapes or folders of tapes")
        ->required()
        ->check(CLI::ExistingPath);
    if (auto const answered = parse(app, args, out, err)) return *answered;
    if (*state) return data(inputs, out, err);
    if (*latency) return analyze_latency(inputs, out, err);
    if (a.run.bars.empty() && a.run.tapes.empty()) {
        fmt::print(err, "analyze lookahead needs --bars or --tapes\n");
        return code(ExitCode::usage);
    }
    if (!a.run.configs.empty() && !a.run.bars.empty() && a.run.quotes.empty()) {
        fmt::print(err, "strategies on --bars need --quotes\n");
        return code(ExitCode::usage);
    }
    return look_ahead(a, out, err);
}

int run_parity(std::vector<std::string> const& args, std::FILE* out, std::FILE* err) {
    fs::path first, second, output;
    auto as_json = false;
    CLI::App app{
        "Two runs of the same markets: every difference, and the bridge between their results",
        "polyquant parity"
    };
    app.add_option("first", first, "A run's directory or ledger, e.g. a recorded session")
        ->required()
        ->check(CLI::ExistingPath);
    app.add_option("second", second, "Another, e.g. a backtest of its tape")
        ->required()
        ->check(CLI::ExistingPath);
    app.add_flag("--json", as_json, "Print JSON");
    app.add_option("-o,--output", output, "Also write the JSON to this file");
    if (auto const answered = parse(app, args, out, err)) return *answered;
    auto const a = report::read_run(first), b = report::read_run(second);
    if (!a) return refuse(err, a.error());
    if (!b) return refuse(err, b.error());
    auto const parity = report::compare_runs(*a, *b);
    auto const json = report::parity_json(parity);
    if (!output.empty())
        if (auto const written = replace_file(output, json); !written)
            return refuse(err, written.error());
    if (as_json)
        std::fputs(json.c_str(), out);
    else
        for (auto const& line : report::parity_text(parity))
            fmt::print(out, "{}\n", line);
    return code(parity.identical() ? ExitCode::ok : ExitCode::failed);
}

} // namespace polyquant::app
