#include "engine/app/backtest_input.hpp"

#include "engine/app/build_info.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::app {

namespace {

using backtest::BarMarkets;
using backtest::QuoteSource;
using models::window::AssetBars;

class BarMarketInput final : public RunInput {
public:
    explicit BarMarketInput(BarMarkets markets) : markets_{std::move(markets)} {}

    std::optional<UtcTime> next_at() override { return markets_.next_at(); }

    Event* next() override { return markets_.next(); }

    std::uint64_t events() const override { return markets_.events(); }

    std::vector<std::string> problems() const override { return {}; }

private:
    BarMarkets markets_;
};

Failure invalid(std::string where, std::string detail) {
    return {Fault::invalid, std::move(where), std::move(detail)};
}

Result<SettlementRule> rule_of(std::string const& text) {
    for (auto const rule : {spot_rule(), twap_rule(Seconds{30}), twap_rule(Seconds{60})})
        if (to_string(rule) == text) return rule;
    return invalid("--rule", fmt::format("\"{}\" is none of spot, twap-30s, twap-60s", text));
}

// The windows the bars allow: after the models' history, until the last bar.
Result<std::pair<UtcTime, UtcTime>>
span_of(config::RunConfig const& config, AssetBars const& bars) {
    std::optional<UtcTime> first, last;
    for (auto const asset : config.run.assets) {
        auto const& own = bars[index_of(asset)];
        if (own.empty()) continue;
        first = std::min(first.value_or(own.front().open_time), own.front().open_time);
        last = std::max(last.value_or(own.back().close_time()), own.back().close_time());
    }
    if (!first) return invalid("backtest", "the bars hold none of the coins that are asked for");
    auto from = window_at(*first + Seconds{60} * config.model.history_bars).end();
    auto until = *last;
    if (!config.feed.from.empty()) {
        auto const time = parse_utc(config.feed.from);
        if (!time) return invalid("--from", time.error().detail);
        from = window_at(*time).start;
        if (from < *time) from += Seconds{300};
    }
    if (!config.feed.until.empty()) {
        auto const time = parse_utc(config.feed.until);
        if (!time) return invalid("--until", time.error().detail);
        until = std::min(*time, until);
    }
    if (from >= until)
        return invalid(
            "backtest",
            fmt::format(
                "no window between {} and {}; the bars reach from {} to {}",
                format_utc(from),
                format_utc(until),
                format_utc(*first),
                format_utc(*last)
            )
        );
    return std::pair{from, until};
}

// Where the quotes come from, into the options and the record.
Result<void> choose_quotes(
    BacktestOptions const& o, backtest::BarMarketOptions& options, backtest::RunRecord& record
) {
    if (o.quotes == "toy") {
        record.source = QuoteSource::toy;
        record.quotes = "QUOTES INVENTED (toy): minute bars and the original's random price around "
                        "0.50, which knows nothing; results are no evidence of anything";
        return {};
    }
    auto model = backtest::QuoteModel::load(o.quotes);
    if (!model) return model.error();
    if (o.informed) {
        model->informed_share = *o.informed;
        if (auto defect = defect_of(*model); !defect.empty()) return invalid("--informed", defect);
    }
    record.source = QuoteSource::fitted;
    record.quotes = fmt::format(
        "QUOTES MODELLED, not recorded: minute bars, a quote model fitted on {} ({:016x}), "
        "informed share {:.2f}; prices within a minute are invented",
        model->fitted_on,
        model->hash(),
        model->informed_share
    );
    options.quotes = std::move(*model);
    return {};
}

// The newest bars that have closed before the first window.
std::vector<Bar> history_before(std::vector<Bar> const& bars, UtcTime start, int bars_max) {
    auto const end = std::partition_point(bars.begin(), bars.end(), [&](Bar const& bar) {
        return bar.close_time() < start;
    });
    auto const count = std::min<std::ptrdiff_t>(end - bars.begin(), bars_max);
    return {end - count, end};
}

std::filesystem::path
default_directory(config::RunConfig const& config, runtime::RunIdentity const& id) {
    return std::filesystem::path{config.run.state_dir} /
           fmt::format(
               "backtest-{}-{}-{}", id.config_hash.substr(0, 8), id.tape_hash.substr(0, 8), id.seed
           );
}

} // namespace

Result<BacktestInput> backtest_of_tapes(config::RunConfig const& config, BacktestOptions const& o) {
    auto plan = plan_replay(config, o.directory);
    if (!plan) return plan.error();
    std::vector<tape::TapeSource> sources;
    for (auto const& path : plan->tapes)
        sources.push_back({path, plan->start, plan->until});
    auto tape = tape::TapeFeed::open(sources);
    if (!tape) return tape.error();
    BacktestInput prepared;
    prepared.record.source = QuoteSource::recorded;
    prepared.record.quotes = fmt::format(
        "QUOTES RECORDED: order books of {} tapes, played to the simulated venue",
        plan->tapes.size()
    );
    prepared.record.from = plan->start;
    prepared.record.until = plan->until.value_or(plan->start);
    prepared.plan = std::move(*plan);
    prepared.input = std::make_unique<TapeInput>(std::move(*tape));
    return prepared;
}

Result<BacktestInput>
backtest_of_bars(config::RunConfig const& config, BacktestOptions const& o, AssetBars const& bars) {
    auto const span = span_of(config, bars);
    if (!span) return span.error();
    auto const rule = rule_of(o.rule);
    if (!rule) return rule.error();
    backtest::BarMarketOptions options;
    options.assets = config.run.assets;
    options.from = span->first;
    options.until = span->second;
    options.seed = static_cast<std::uint64_t>(config.run.seed);
    options.rule = *rule;
    BacktestInput prepared;
    if (auto const chosen = choose_quotes(o, options, prepared.record); !chosen)
        return chosen.error();
    prepared.record.from = span->first;
    prepared.record.until = span->second;
    auto& plan = prepared.plan;
    plan.start = span->first;
    plan.until = span->second;
    for (auto const asset : config.run.assets)
        plan.history[index_of(asset)] =
            history_before(bars[index_of(asset)], plan.start, config.model.history_bars);
    BarMarkets markets{bars, std::move(options)};
    plan.identity = {
        fmt::format("{:016x}", result_hash(config)),
        fmt::format("{:016x}", markets.identity()),
        static_cast<std::uint64_t>(config.run.seed),
        code_version()
    };
    plan.directory = o.directory.value_or(default_directory(config, plan.identity));
    prepared.input = std::make_unique<BarMarketInput>(std::move(markets));
    return prepared;
}

} // namespace polyquant::app
