#include "engine/app/fetch_command.hpp"

#include "config/run_config.hpp"
#include "connectors/binance/kline_client.hpp"
#include "connectors/binance/parse/klines.hpp"
#include "engine/app/bar_output.hpp"
#include "engine/app/network_job.hpp"
#include "engine/observe/progress_bar.hpp"
#include "strategies/catalog.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <ostream>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::vector<fs::path> configs;
    std::string assets;
    std::string interval = "1m";
    std::string from;
    std::string until;
    fs::path cache;
    fs::path csv;
    fs::path tape;
};

struct Request {
    std::vector<Asset> assets;
    Seconds length{60};
    binance::TimeRange range;
    fs::path cache;
};

Result<std::vector<Asset>> parse_assets(std::string_view text) {
    std::vector<Asset> assets;
    while (!text.empty()) {
        auto const comma = text.find(',');
        auto const name = text.substr(0, comma);
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
        auto const asset = parse_asset(name);
        if (!asset)
            return Failure{
                Fault::invalid, "--assets", fmt::format("'{}' is none of BTC, ETH, SOL, XRP", name)
            };
        if (std::ranges::find(assets, *asset) == assets.end()) assets.push_back(*asset);
    }
    return assets;
}

// Empty text: `otherwise`.
Result<UtcTime> parse_time(std::string const& option, std::string const& text, UtcTime otherwise) {
    if (text.empty()) return otherwise;
    auto time = parse_utc(text);
    if (!time) return Failure{Fault::invalid, option, time.error().detail};
    return time;
}

UtcTime on_grid(UtcTime t, Seconds length) {
    return UtcTime{t.time_since_epoch() - t.time_since_epoch() % Nanos{length}};
}

Result<Request> read_request(Arguments const& a, config::RunConfig const& config, UtcTime now) {
    Request request;
    auto assets = parse_assets(a.assets);
    if (!assets) return assets.error();
    auto const& own = config.run.assets;
    request.assets = assets->empty() ? std::vector<Asset>{own.begin(), own.end()} : *assets;
    auto const length = binance::interval_length(a.interval);
    if (!length || binance::interval_name(*length) != a.interval)
        return Failure{
            Fault::invalid,
            "--interval",
            fmt::format("'{}' is no bar of ours: 1m or 1s", a.interval)
        };
    request.length = *length;
    auto const from = parse_time("--from", a.from, now - Seconds{7 * 86'400});
    if (!from) return from.error();
    auto const until = parse_time("--until", a.until, now);
    if (!until) return until.error();
    request.range = {on_grid(*from, *length), on_grid(std::min(*until, now), *length)};
    if (request.range.is_empty())
        return Failure{Fault::invalid, "--from", "lies not before --until and now"};
    request.cache = a.cache.empty()
                        ? fs::path{config.run.state_dir} / "cache" / binance::KlineCache::file_name
                        : a.cache;
    return request;
}

void tell(std::ostream& out, Asset asset, Seconds length, binance::KlineReport const& report) {
    out << fmt::format(
        "{} {}: {} rows, {} fetched in {} calls, {} from the cache, newest {} s old\n",
        to_string(asset),
        binance::interval_name(length),
        report.rows,
        report.rows - report.from_cache,
        report.requests,
        report.from_cache,
        std::chrono::floor<Seconds>(report.freshness).count()
    );
    if (report.defective > 0)
        out << fmt::format(
            "  {} rows were impossible and left out, the first: {}\n",
            report.defective,
            report.first_defect
        );
    constexpr std::size_t gaps_told = 10;
    for (std::size_t i = 0; i < std::min(gaps_told, report.gaps.size()); ++i)
        out << fmt::format(
            "  gap {} to {}: {} bars\n",
            format_utc(report.gaps[i].from),
            format_utc(report.gaps[i].until),
            (report.gaps[i].until - report.gaps[i].from) / length
        );
    if (report.gaps.size() > gaps_told)
        out << fmt::format("  and {} more gaps\n", report.gaps.size() - gaps_told);
}

Task<ExitCode> download_all(
    NetworkJob& job,
    binance::KlineClient& client,
    Request const& request,
    std::ostream& out,
    std::ostream& err
) {
    observe::ProgressBar bar{stderr};
    auto& clock = job.clock();
    for (auto const asset : request.assets) {
        auto const began = clock.now();
        auto const label =
            fmt::format("{} {}", to_string(asset), binance::interval_name(request.length));
        auto const whole = request.range.until - request.range.from;
        auto const show = [&](UtcTime done_until, std::size_t rows) {
            auto const done = std::chrono::duration<double>(done_until - request.range.from) /
                              std::chrono::duration<double>(whole);
            bar.show(label, done, fmt::format("{} rows", rows), clock.now() - began);
        };
        auto const report = co_await client.download(
            asset, request.length, request.range, clock.now() + std::chrono::hours{24 * 30}, show
        );
        bar.clear();
        if (!report) {
            if (report.error().fault == Fault::cancelled) co_return ExitCode::interrupted;
            err << describe(report.error()) << '\n'
                << "what was fetched is kept: the same command goes on from there\n";
            co_return report.error().fault == Fault::storage ? ExitCode::storage : ExitCode::failed;
        }
        tell(out, asset, request.length, *report);
    }
    co_return ExitCode::ok;
}

ExitCode export_bars(
    Arguments const& a,
    binance::KlineCache& cache,
    Request const& request,
    std::ostream& out,
    std::ostream& err
) {
    auto const failed = [&err](Failure const& failure) {
        err << describe(failure) << '\n';
        return failure.fault == Fault::storage ? ExitCode::storage : ExitCode::failed;
    };
    if (!a.csv.empty())
        for (auto const asset : request.assets) {
            auto const path = write_bar_csv(cache, asset, request.length, request.range, a.csv);
            if (!path) return failed(path.error());
            out << "wrote " << path->string() << '\n';
        }
    if (!a.tape.empty()) {
        auto const records =
            write_bar_tape(cache, request.assets, request.length, request.range, a.tape);
        if (!records) return failed(records.error());
        out << fmt::format("wrote {}: {} bars\n", a.tape.string(), *records);
    }
    return ExitCode::ok;
}

int fetch_bars(Arguments const& a, std::ostream& out, std::ostream& err) {
    auto const refuse = [&err](Failure const& failure) {
        err << describe(failure) << '\n';
        return code(failure.fault == Fault::storage ? ExitCode::storage : ExitCode::usage);
    };
    auto const loaded = config::load_run_config(a.configs, strategies::strategy_kinds());
    if (!loaded) {
        err << config::to_string(loaded.error());
        return code(ExitCode::usage);
    }
    auto job = NetworkJob::create(loaded->endpoints, err);
    if (!job) return refuse(job.error());
    auto request = read_request(a, *loaded, (*job)->clock().utc_now());
    if (!request) return refuse(request.error());
    if (!a.tape.empty() && fs::exists(a.tape))
        return refuse({Fault::invalid, a.tape.string(), "exists already; no recording is replaced"}
        );
    auto cache = binance::KlineCache::open(request->cache);
    if (!cache) return refuse(cache.error());

    binance::KlineClient::Options options;
    options.base_url = loaded->endpoints.binance_rest;
    options.attempts_max = 12;
    options.on_retry = [&err](Failure const& failure, Nanos wait) {
        err << fmt::format(
            "{}; again in {} s\n", describe(failure), std::chrono::ceil<Seconds>(wait).count()
        );
    };
    binance::KlineClient client{(*job)->context(), (*job)->pool(), *cache, options};
    auto done = (*job)->run(download_all(**job, client, *request, out, err));
    if (done == ExitCode::ok) done = export_bars(a, **cache, *request, out, err);
    if (done == ExitCode::interrupted)
        err << "interrupted: what was fetched is kept, the same command goes on from there\n";
    return code(done);
}

void add_range(CLI::App& app, Arguments& a) {
    app.add_option("-c,--config", a.configs, "Configuration files with [endpoints] and [run]")
        ->check(CLI::ExistingFile);
    app.add_option("--assets", a.assets, "Coins, as btc,eth; all of [run] without it");
    app.add_option("--from", a.from, "First UTC time, e.g. 2026-04-14 (a week ago)");
    app.add_option("--until", a.until, "UTC time after the last (now)");
}

} // namespace

int run_fetch(std::vector<std::string> const& args, std::ostream& out, std::ostream& err) {
    Arguments a;
    CLI::App app{
        "Download history. What was fetched is kept: a command that was stopped goes on where it "
        "was.",
        "polyquant fetch"
    };
    app.require_subcommand(1);
    auto* bars = app.add_subcommand("bars", "Bars of Binance into the cache, a tape or CSV files");
    add_range(*bars, a);
    bars->add_option("--interval", a.interval, "1m (default) or 1s");
    bars->add_option("--cache", a.cache, "The cache's file (below [run] state_dir)");
    bars->add_option("--csv", a.csv, "Folder for one CSV file a coin");
    bars->add_option("--tape", a.tape, "A new tape with all coins");
    std::vector<std::string> reversed{args.rbegin(), args.rend()};
    try {
        app.parse(reversed);
    } catch (CLI::ParseError const& error) {
        auto const answered = app.exit(error, out, err) == 0;
        return code(answered ? ExitCode::ok : ExitCode::usage);
    }
    return fetch_bars(a, out, err);
}

} // namespace polyquant::app
