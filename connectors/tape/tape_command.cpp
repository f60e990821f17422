#include "connectors/tape/tape_command.hpp"

#include "connectors/tape/feed.hpp"
#include "connectors/tape/import_job.hpp"
#include "connectors/tape/tape_report.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace polyquant::tape {

namespace {

struct Arguments {
    std::string kind;
    std::vector<std::string> inputs;
    std::string output;
    bool force = false;
    std::string from;
    std::string to;
    std::vector<std::string> assets;
    std::string coverage;
    bool no_infer_sides = false;
    std::string assume_side;
    bool both_tokens = false;
    double fee_rate = 0.072;
    int fee_exponent = 1;
    int taker_delay_ms = 250;
    std::string source;
    std::string attribution;
    std::string notes;
    bool json = false;
    int book_silence_s = 10;
    int tick_gap_s = 10;
    std::uint64_t limit = 0;
};

void declare_import(CLI::App& import, Arguments& a) {
    import.add_option("--kind", a.kind, "what the inputs are")
        ->required()
        ->check(CLI::IsMember({"bars", "book", "book-replay", "chainlink", "gamma"}));
    import.add_option("inputs", a.inputs, "files, gzipped or plain")->required();
    import.add_option("-o,--output", a.output, "the tape to write")->required();
    import.add_flag("--force", a.force, "replace the output if it exists");
    import.add_option("--from", a.from, "UTC time: only what was received then or later");
    import.add_option("--to", a.to, "UTC time: only what was received before it");
    import.add_option("--assets", a.assets, "coins, e.g. btc,eth (default: all)")
        ->delimiter(',')
        ->allow_extra_args(false);
    import.add_option(
        "--coverage", a.coverage, "books: coverage.csv (default: beside the first input)"
    );
    import.add_flag(
        "--no-infer-sides",
        a.no_infer_sides,
        "books: do not infer a token's outcome from its last quotes and the coin's move"
    );
    import.add_option("--assume-side", a.assume_side, "books: outcome of tokens that are unknown")
        ->check(CLI::IsMember({"up", "down"}));
    import.add_flag(
        "--both-tokens", a.both_tokens, "books: also tokens recorded for a part of the window"
    );
    import.add_option("--fee-rate", a.fee_rate, "books: taker fee rate of the markets")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    import.add_option("--fee-exponent", a.fee_exponent, "books: exponent of the fee")
        ->check(CLI::Range(1, 2))
        ->capture_default_str();
    import.add_option("--taker-delay-ms", a.taker_delay_ms, "books: taker delay of the markets")
        ->check(CLI::Range(0, 60'000))
        ->capture_default_str();
    import.add_option("--source", a.source, "written into the tape: where the data is from");
    import.add_option("--attribution", a.attribution, "written into the tape: author and licence");
    import.add_option("--notes", a.notes, "written into the tape");
}

// The command as one could type it again.
std::string typed(std::span<std::string const> args) {
    std::string line = "polyquant tape";
    for (auto const& arg : args) {
        auto const plain =
            !arg.empty() && arg.find_first_of(" '\"\\$&|;<>()*?") == std::string::npos;
        line += plain ? " " + arg : fmt::format(" '{}'", arg);
    }
    return line;
}

Result<std::optional<UtcTime>> time_of(std::string const& option, std::string const& text) {
    if (text.empty()) return std::optional<UtcTime>{};
    auto at = parse_utc(text);
    if (!at) return Failure{Fault::invalid, option, at.error().detail};
    return std::optional{*at};
}

Result<ImportJob> job_of(Arguments const& a, std::string command) {
    ImportJob job;
    for (auto kind :
         {ImportKind::bars,
          ImportKind::book,
          ImportKind::book_replay,
          ImportKind::chainlink,
          ImportKind::gamma})
        if (a.kind == to_string(kind)) job.kind = kind;
    job.inputs.assign(a.inputs.begin(), a.inputs.end());
    job.output = a.output;
    job.overwrite = a.force;
    auto const from = time_of("--from", a.from);
    if (!from) return from.error();
    auto const to = time_of("--to", a.to);
    if (!to) return to.error();
    job.range = {*from, *to};
    if (*from && *to && **from >= **to)
        return Failure{Fault::invalid, "--from", "is not before --to"};
    for (auto const& text : a.assets) {
        auto const asset = parse_asset(text);
        if (!asset)
            return Failure{
                Fault::invalid,
                "--assets",
                fmt::format("\"{}\" is none of btc, eth, sol, xrp", text)
            };
        job.assets.push_back(*asset);
    }
    if (job.assets.size() == 1) job.book.asset = job.assets.front();
    job.book.fee = {std::llround(a.fee_rate * 1e6), a.fee_exponent};
    job.book.taker_delay = Millis{a.taker_delay_ms};
    job.book.both_tokens = a.both_tokens;
    if (!a.coverage.empty()) job.coverage = a.coverage;
    job.infer_sides = !a.no_infer_sides;
    if (!a.assume_side.empty())
        job.assume_side = a.assume_side == "up" ? Outcome::up : Outcome::down;
    job.source = a.source;
    job.attribution = a.attribution;
    job.notes = a.notes;
    job.command = std::move(command);
    return job;
}

int import_tape(Arguments const& a, std::string command, std::ostream& out, std::ostream& err) {
    auto job = job_of(a, std::move(command));
    if (!job) {
        fmt::print(err, "tape import: {}\n", polyquant::describe(job.error()));
        return tape_usage;
    }
    auto const outcome = run_import(*job);
    if (!outcome) {
        fmt::print(err, "tape import: {}\n", polyquant::describe(outcome.error()));
        return tape_usage;
    }
    auto bad = false;
    for (auto const& report : outcome->reports) {
        fmt::print(out, "{}", describe(report));
        bad = bad || !report.bad.empty();
    }
    fmt::print(out, "{}: {} records\n", a.output, outcome->records);
    return bad ? tape_defective : tape_fine;
}

int show_tapes(Arguments const& a, std::ostream& out, std::ostream& err) {
    SummaryLimits const limits{Seconds{a.book_silence_s}, Seconds{a.tick_gap_s}};
    auto code = tape_fine;
    for (auto const& path : a.inputs) {
        auto reader = TapeReader::open(path);
        if (!reader) {
            fmt::print(err, "tape info: {}\n", polyquant::describe(reader.error()));
            return tape_usage;
        }
        auto const summary = summarize(*reader, limits);
        out << (a.json ? summary_as_json(*reader, summary) : summary_as_text(*reader, summary));
        if (reader->damage() || reader->has_defects()) code = tape_defective;
    }
    return code;
}

int print_tapes(Arguments const& a, std::ostream& out, std::ostream& err) {
    std::vector<TapeSource> sources;
    auto const from = time_of("--from", a.from);
    auto const to = time_of("--to", a.to);
    if (!from || !to) {
        auto const& failure = from ? to.error() : from.error();
        fmt::print(err, "tape cat: {}\n", polyquant::describe(failure));
        return tape_usage;
    }
    for (auto const& path : a.inputs)
        sources.push_back({path, *from, *to});
    auto feed = TapeFeed::open(sources);
    if (!feed) {
        fmt::print(err, "tape cat: {}\n", polyquant::describe(feed.error()));
        return tape_usage;
    }
    while (a.limit == 0 || feed->events() < a.limit) {
        auto const* event = feed->next();
        if (event == nullptr) break;
        auto const& at = polyquant::stamp_of(*event);
        fmt::print(
            out, "{} {} {}\n", at.seq, format_utc(at.received_at), polyquant::describe(*event)
        );
    }
    if (auto const raw = feed->counts()[raw_frame_kind]; raw != 0)
        fmt::print(err, "{} raw frames are not shown\n", raw);
    auto const problems = feed->problems();
    for (auto const& line : problems)
        fmt::print(err, "{}\n", line);
    return problems.empty() ? tape_fine : tape_defective;
}

} // namespace

int run_tape_command(std::span<std::string const> args, std::ostream& out, std::ostream& err) {
    Arguments a;
    CLI::App app{"Recorded events: import them, look into them", "polyquant tape"};
    app.require_subcommand(1);
    auto& import = *app.add_subcommand("import", "make a tape of recorded files");
    declare_import(import, a);
    auto& info = *app.add_subcommand("info", "span, counts, gaps and damage of tapes");
    info.add_option("tapes", a.inputs, "tapes")->required();
    info.add_flag("--json", a.json, "one JSON object a tape and line");
    info.add_option("--book-silence", a.book_silence_s, "seconds after which a book is silent")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    info.add_option("--tick-gap", a.tick_gap_s, "seconds between price ticks that are a gap")
        ->check(CLI::Range(1, 86'400))
        ->capture_default_str();
    auto& cat = *app.add_subcommand("cat", "events as lines, of several tapes in receive order");
    cat.add_option("tapes", a.inputs, "tapes")->required();
    cat.add_option("--limit", a.limit, "stop after so many events (0: all)");
    cat.add_option("--from", a.from, "UTC time");
    cat.add_option("--to", a.to, "UTC time");

    std::vector<std::string> reversed{args.rbegin(), args.rend()};
    try {
        app.parse(std::move(reversed));
    } catch (CLI::ParseError const& error) {
        // CLI11 has no other way to say so; asking for help is not an error.
        return app.exit(error, out, err) == 0 ? tape_fine : tape_usage;
    }
    if (import.parsed()) return import_tape(a, typed(args), out, err);
    if (info.parsed()) return show_tapes(a, out, err);
    return print_tapes(a, out, err);
}

} // namespace polyquant::tape
