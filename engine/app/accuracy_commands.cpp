#include "engine/app/accuracy_commands.hpp"

#include "engine/accuracy/track_record.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/open_ledger.hpp"
#include "engine/app/quote_table.hpp"
#include "engine/core/replace_file.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <set>

namespace polyquant::app {

namespace {

namespace json = boost::json;

int refuse(std::FILE* err, Failure const& failure) {
    fmt::print(err, "{}\n", describe(failure));
    return code(failure.fault == Fault::storage ? ExitCode::storage : ExitCode::usage);
}

// Everything a ledger says, and when it ends.
struct Read {
    accuracy::TrackRecord record;
    std::set<StrategyName> strategies;
    std::set<Asset> assets;
    UtcTime end{};
};

Result<void> read_into(Read& read, std::filesystem::path const& where, UtcTime until) {
    auto const book = open_ledger(where);
    if (!book) return book.error();
    return book->for_each_fact(1, [&](Fact const& fact) -> Result<void> {
        if (fact.at > until) return {};
        read.record.on(fact);
        read.end = std::max(read.end, fact.at);
        if (auto const* epoch = std::get_if<EpochOpened>(&fact.body))
            read.strategies.insert(epoch->strategy);
        if (auto const* forecast = std::get_if<WindowForecast>(&fact.body); forecast != nullptr)
            if (forecast->asset) read.assets.insert(*forecast->asset);
        if (auto const* bet = std::get_if<BetJudged>(&fact.body); bet != nullptr && bet->asset)
            read.assets.insert(*bet->asset);
        return {};
    });
}

json::object json_of(accuracy::EdgeEstimate const& e) {
    json::object object{{"bets", e.bets}, {"promised", e.promised}, {"edge", e.edge}};
    object["low"] = e.low ? json::value(*e.low) : json::value(nullptr);
    object["high"] = e.high ? json::value(*e.high) : json::value(nullptr);
    return object;
}

json::object json_of(accuracy::Verdict const& v) {
    return {
        {"asset", to_string(v.asset)},
        {"from", format_utc(v.from)},
        {"to", format_utc(v.to)},
        {"verdict", v.trade ? "trade" : "do not trade"},
        {"judged_by", v.by_trades ? "own fills" : "would-be bets"},
        {"why", v.text},
        {"windows", v.windows},
        {"would_be_bets", json_of(v.would_be)},
        {"own_fills", json_of(v.own)},
        {"moments", v.quality.moments},
        {"brier_model", v.quality.brier_model},
        {"brier_market", v.quality.brier_market},
    };
}

json::object json_of(
    StrategyName const& name, accuracy::CalibrationWatch const& watch, std::set<Asset> const& assets
) {
    auto const all = watch.view(name);
    json::object coins;
    for (auto const asset : assets) {
        auto const view = watch.view(name, asset);
        coins[to_string(asset)] = json::object{
            {"state", to_string(view.state)}, {"evidence", view.evidence}, {"bets", view.bets}
        };
    }
    return {
        {"strategy", name.text},
        {"state", to_string(all.state)},
        {"evidence", all.evidence},
        {"bets", all.bets},
        {"promised", all.promised},
        {"won", all.won},
        {"coins", std::move(coins)},
    };
}

void print_verdict(accuracy::Verdict const& v, std::FILE* out) {
    fmt::print(out, "{} {}: {}\n", to_string(v.asset), v.trade ? "TRADE" : "DO NOT TRADE", v.text);
    if (!v.by_trades && v.own.bets > 0)
        fmt::print(
            out, "    own fills: {} earned {:+.4f} a share after fee\n", v.own.bets, v.own.edge
        );
    if (v.by_trades && v.would_be.bets > 0)
        fmt::print(
            out,
            "    would-be bets: {} earned {:+.4f} a share after fee\n",
            v.would_be.bets,
            v.would_be.edge
        );
    if (v.quality.moments > 0)
        fmt::print(
            out,
            "    forecasts: Brier {:.4f}, of the market's mid {:.4f}, over {} moments of {} "
            "windows\n",
            v.quality.brier_model,
            v.quality.brier_market,
            v.quality.moments,
            v.windows
        );
}

} // namespace

int run_verdict(VerdictOptions const& options, std::FILE* out, std::FILE* err) {
    auto until = UtcTime::max();
    if (!options.until.empty()) {
        auto const time = parse_utc(options.until);
        if (!time) return refuse(err, Failure{Fault::invalid, "--until", time.error().detail});
        until = *time;
    }
    config::LearningParams params;
    params.verdict_days = options.days;
    params.verdict_bets_min = options.bets_min;
    params.verdict_edge_min = options.edge_min;
    std::vector<Asset> const all{all_assets.begin(), all_assets.end()};
    Read read{accuracy::TrackRecord{all, {}, params}, {}, {}, {}};
    if (auto const done = read_into(read, options.run, until); !done)
        return refuse(err, done.error());
    auto const to = options.until.empty() ? read.end : until;
    auto const& watch = read.record.calibration();
    if (options.json) {
        json::array coins, strategies;
        for (auto const asset : read.assets)
            coins.push_back(json_of(read.record.verdict(asset, to)));
        for (auto const& name : read.strategies)
            strategies.push_back(json_of(name, watch, read.assets));
        json::object const all_of_it{{"coins", coins}, {"strategies", strategies}};
        fmt::print(out, "{}\n", json::serialize(all_of_it));
        return code(ExitCode::ok);
    }
    if (read.assets.empty())
        fmt::print(out, "no window in this ledger has both a forecast and an outcome\n");
    for (auto const asset : read.assets)
        print_verdict(read.record.verdict(asset, to), out);
    for (auto const& name : read.strategies) {
        auto const view = watch.view(name);
        fmt::print(
            out,
            "{}: calibration {}, evidence {:.3g} against it after {} bets",
            name.text,
            to_string(view.state),
            view.evidence,
            view.bets
        );
        if (view.bets > 0)
            fmt::print(out, ": promised {:.3f}, won {:.3f}", view.promised, view.won);
        fmt::print(out, "\n");
        for (auto const asset : read.assets)
            if (auto const coin = watch.view(name, asset); coin.state != CalibrationState::trusted)
                fmt::print(
                    out,
                    "    {} {}: evidence {:.3g} after {} bets, promised {:.3f}, won {:.3f}\n",
                    to_string(asset),
                    to_string(coin.state),
                    coin.evidence,
                    coin.bets,
                    coin.promised,
                    coin.won
                );
    }
    return code(ExitCode::ok);
}

int run_asks(AskTableOptions const& options, std::FILE* out, std::FILE* err) {
    auto table = read_quote_table(options.seed.string());
    if (!table) return refuse(err, table.error());
    std::uint64_t windows = 0;
    std::vector<Asset> const all{all_assets.begin(), all_assets.end()};
    for (auto const& run : options.runs) {
        Read read{accuracy::TrackRecord{all, {}, {}, std::move(*table)}, {}, {}, {}};
        if (auto const done = read_into(read, run, UtcTime::max()); !done)
            return refuse(err, done.error());
        *table = read.record.quotes().table();
        windows += read.record.quotes().learned();
    }
    if (!options.to.empty()) {
        if (auto const done = replace_file(options.to, table->print()); !done)
            return refuse(err, done.error());
        fmt::print(out, "{} windows learned, written to {}\n", windows, options.to.string());
        return code(ExitCode::ok);
    }
    fmt::print(out, "# {} windows; seconds_bucket ask_bucket count wins asks\n", windows);
    fmt::print(out, "{}", table->print());
    return code(ExitCode::ok);
}

} // namespace polyquant::app
