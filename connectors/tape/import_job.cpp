#include "connectors/tape/import_job.hpp"

#include "connectors/tape/gz_stream.hpp"
#include "connectors/tape/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

namespace polyquant::tape {

namespace {

namespace fs = std::filesystem;

// The open inputs of a job; sources point into them.
struct Inputs {
    std::deque<std::unique_ptr<GzStream>> streams;
    std::deque<ImportReport> reports;
    std::vector<Source> sources;
    std::vector<std::string> symbols;
};

bool wants(ImportJob const& job, Asset asset) {
    return job.assets.empty() || std::ranges::find(job.assets, asset) != job.assets.end();
}

Failure bad_file(fs::path const& path, std::string why) {
    return Failure{Fault::invalid, path.string(), std::move(why)};
}

Result<Coverage> scan(ImportJob const& job, fs::path const& input, ImportReport& report) {
    auto in = GzStream::open(input);
    if (!in) return in.error();
    if (job.kind == ImportKind::book_replay) return Coverage::scan_replay(**in);
    return Coverage::scan_book(**in, job.book.asset, report);
}

// The coverage file, and for markets that it lacks what the inputs show themselves.
Result<Coverage> coverage_of(ImportJob const& job, std::vector<ImportReport>& reports) {
    auto path = job.coverage;
    auto const beside = job.inputs.front().parent_path() / "coverage.csv";
    if (!path && fs::exists(beside)) path = beside;
    Coverage coverage;
    if (path) {
        auto in = GzStream::open(*path);
        if (!in) return in.error();
        auto& report = reports.emplace_back();
        report.input = path->string();
        auto parsed = Coverage::parse(**in, report);
        if (!parsed) return parsed.error();
        coverage = std::move(*parsed);
    } else if (!job.assume_side) {
        return bad_file(
            job.inputs.front(),
            "has no coverage.csv beside it to say which token is Up: pass --coverage FILE, or "
            "--assume-side up or down"
        );
    }
    if (job.infer_sides) coverage.infer_sides();
    if (!job.assume_side) return coverage;
    coverage.assume_side(*job.assume_side);
    for (auto const& input : job.inputs) {
        ImportReport report;
        report.input = input.string();
        auto seen = scan(job, input, report);
        if (!seen) return seen.error();
        coverage.merge(*seen);
    }
    return coverage;
}

Result<Source>
open_source(ImportJob const& job, Coverage const& coverage, fs::path const& path, Inputs& inputs) {
    auto const name = path.filename().string();
    auto& in = *inputs.streams.back();
    auto& report = inputs.reports.back();
    switch (job.kind) {
    case ImportKind::bars: {
        auto const file = bar_file_of(name);
        if (!file)
            return bad_file(
                path,
                "is not named like BTCUSDT-1m-20240101-20240131.csv.gz: asset and interval "
                "are taken from the name"
            );
        inputs.symbols.push_back(
            fmt::format("{} {}s", binance_symbol(file->asset), file->length.count())
        );
        return import_bars(in, *file, job.range, report);
    }
    case ImportKind::book:
        inputs.symbols.push_back(fmt::format("{}-updown-5m", lower_name(job.book.asset)));
        return import_book(in, coverage, job.book, job.range, report);
    case ImportKind::book_replay:
        inputs.symbols.emplace_back("updown-5m");
        return import_book_replay(in, coverage, job.book, job.range, report);
    case ImportKind::chainlink: {
        auto asset = parse_asset(name.substr(0, name.find('-')));
        if (job.assets.size() == 1) asset = job.assets.front();
        if (!asset)
            return bad_file(
                path,
                "is not named like BTCUSD-prices-2026-06-08.csv.gz: pass its coin, --assets "
                "btc"
            );
        inputs.symbols.push_back(fmt::format("{}/USD", to_string(*asset)));
        return import_chainlink(in, *asset, job.range, report);
    }
    case ImportKind::gamma:
        inputs.symbols.emplace_back("gamma markets");
        return import_gamma(in, job.assets, job.range, report);
    }
    std::abort();
}

Result<Inputs> open_inputs(ImportJob const& job, Coverage const& coverage) {
    Inputs inputs;
    for (auto const& path : job.inputs) {
        // Bars of other coins need not be read at all.
        if (auto const bars = bar_file_of(path.filename().string());
            job.kind == ImportKind::bars && bars && !wants(job, bars->asset))
            continue;
        auto in = GzStream::open(path);
        if (!in) return in.error();
        inputs.streams.push_back(std::move(*in));
        inputs.reports.emplace_back().input = path.string();
        auto source = open_source(job, coverage, path, inputs);
        if (!source) return source.error();
        inputs.sources.push_back(std::move(*source));
    }
    std::ranges::sort(inputs.symbols);
    auto const rest = std::ranges::unique(inputs.symbols);
    inputs.symbols.erase(rest.begin(), rest.end());
    return inputs;
}

Result<std::uint64_t> write_tape(ImportJob const& job, Inputs& inputs, fs::path const& partial) {
    Metadata const metadata{job.source, job.attribution, job.command, inputs.symbols, job.notes};
    // Written once and read often: the strongest compression that stays quick to read.
    auto writer = TapeWriter::create(partial, metadata, {19, 512 * 1024});
    if (!writer) return writer.error();
    MergedSources merged{std::move(inputs.sources)};
    std::vector<Event> batch;
    Record record;
    std::map<std::pair<Asset, Seconds>, UtcTime> last_bar;
    std::uint64_t twice = 0;
    while (merged.next(batch)) {
        // Inputs may overlap; a bar comes with its tick, so its whole batch goes.
        if (auto const* bar = std::get_if<BarUpdate>(&batch.front())) {
            auto const [last, is_first] =
                last_bar.try_emplace({bar->asset, bar->bar.length}, bar->bar.open_time);
            if (!is_first && bar->bar.open_time <= last->second) {
                ++twice;
                continue;
            }
            last->second = bar->bar.open_time;
        }
        for (auto& event : batch) {
            record = std::move(event);
            if (auto appended = writer->append(record); !appended) return appended.error();
        }
    }
    if (twice != 0)
        inputs.reports.back().notes.push_back(
            fmt::format("{} bars were in more than one input and are on the tape once", twice)
        );
    auto const records = writer->records();
    if (auto closed = writer->close(); !closed) return closed.error();
    return records;
}

Result<void> check_inputs_ended(Inputs const& inputs) {
    for (std::size_t i = 0; i < inputs.streams.size(); ++i)
        if (auto const& error = inputs.streams[i]->error(); !error.empty())
            return Failure{
                Fault::invalid,
                inputs.reports[i].input,
                fmt::format("damaged after row {}: {}", inputs.reports[i].rows, error)
            };
    return {};
}

} // namespace

std::string_view to_string(ImportKind kind) {
    switch (kind) {
    case ImportKind::bars: return "bars";
    case ImportKind::book: return "book";
    case ImportKind::book_replay: return "book-replay";
    case ImportKind::chainlink: return "chainlink";
    case ImportKind::gamma: return "gamma";
    }
    std::abort();
}

Result<ImportOutcome> run_import(ImportJob const& job) {
    if (job.inputs.empty()) return Failure{Fault::invalid, "tape import", "no input file"};
    std::error_code ignored;
    if (!job.overwrite && fs::exists(job.output, ignored))
        return bad_file(job.output, "exists already: pass --force to replace it");
    ImportOutcome outcome;
    Coverage coverage;
    if (job.kind == ImportKind::book || job.kind == ImportKind::book_replay) {
        auto known = coverage_of(job, outcome.reports);
        if (!known) return known.error();
        coverage = std::move(*known);
    }
    auto inputs = open_inputs(job, coverage);
    if (!inputs) return inputs.error();

    auto const partial = fs::path{job.output.string() + ".partial"};
    fs::remove(partial, ignored);
    auto written = write_tape(job, *inputs, partial);
    auto const ended = check_inputs_ended(*inputs);
    outcome.reports.insert(outcome.reports.end(), inputs->reports.begin(), inputs->reports.end());
    auto const give_up = [&](Failure failure) {
        fs::remove(partial, ignored);
        for (auto const& report : outcome.reports)
            if (!report.bad.empty()) failure.detail += "\n" + describe(report);
        return failure;
    };
    if (!written) return give_up(written.error());
    if (!ended) return give_up(ended.error());
    if (*written == 0)
        return give_up(bad_file(job.output, "not written: nothing in the inputs is to be imported")
        );
    std::error_code error;
    fs::rename(partial, job.output, error);
    if (error) return give_up(Failure{Fault::storage, job.output.string(), error.message()});
    outcome.records = *written;
    return outcome;
}

} // namespace polyquant::tape
