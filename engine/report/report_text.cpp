#include "engine/report/report.hpp"

#include <fmt/format.h>

#include <cmath>

namespace polyquant::report {

namespace {

std::string value(double v, char const* format) {
    return std::isfinite(v) ? fmt::format(fmt::runtime(format), v) : std::string{"-"};
}

std::string percent(double v) {
    return std::isfinite(v) ? fmt::format("{:.1f}%", 100 * v) : std::string{"-"};
}

std::string ratio(backtest::Ratio const& r) {
    if (!std::isfinite(r.value)) return fmt::format("- ({} days)", r.count);
    return fmt::format(
        "{:.3f} a day [{:.3f}, {:.3f}], {} days, not annualised", r.value, r.low, r.high, r.count
    );
}

std::string row(Group const& g) {
    return fmt::format(
        "  {:<14} {:>6} {:>7} {:>17} {:>9} {:>10} {:>8} {:>8}",
        g.name,
        g.trades,
        percent(g.win_rate),
        g.trades > 0 ? fmt::format("[{}, {}]", percent(g.interval.low), percent(g.interval.high))
                     : "-",
        percent(g.break_even),
        value(g.pnl, "{:.2f}"),
        value(100 * g.promised_edge, "{:+.2f}c"),
        value(100 * g.realised_edge, "{:+.2f}c")
    );
}

void counts(
    std::vector<std::string>& lines,
    char const* what,
    std::vector<std::pair<std::string, std::uint64_t>> const& pairs
) {
    std::string text;
    for (auto const& [name, count] : pairs)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count);
    lines.push_back(fmt::format("{:<12} {}", what, text.empty() ? "none" : text));
}

} // namespace

std::vector<std::string> report_text(RunData const& run, Figures const& f) {
    std::vector<std::string> lines{f.headline, ""};
    for (auto const& line : f.verdict)
        lines.push_back("* " + line);
    lines.emplace_back();
    lines.push_back(fmt::format(
        "span         {} to {}, {} days", format_utc(run.from), format_utc(run.until), f.days
    ));
    if (run.record)
        lines.push_back(fmt::format(
            "run          config {} data {} seed {} code {}",
            run.record->config_hash,
            run.record->data_hash,
            run.record->seed,
            run.record->code_version
        ));
    if (run.record)
        lines.push_back(fmt::format(
            "assumptions  latency {}; models {}", run.record->latency, run.record->models
        ));
    lines.push_back(fmt::format(
        "money        {} -> {}, PnL {} ({:+.2f}%), fees {}, slippage {}, turnover {}",
        to_cents_text(f.capital),
        to_cents_text(f.equity),
        to_cents_text(f.pnl),
        100 * f.return_share,
        to_cents_text(f.fees),
        to_cents_text(f.slippage),
        to_cents_text(f.turnover)
    ));
    lines.push_back(fmt::format(
        "trades       {}, won {} [{}, {}], break-even {}, profit factor {}, expectancy {} USD",
        f.all.trades,
        percent(f.all.win_rate),
        percent(f.all.interval.low),
        percent(f.all.interval.high),
        percent(f.all.break_even),
        value(f.profit_factor, "{:.2f}"),
        value(f.expectancy, "{:.4f}")
    ));
    lines.push_back("Sharpe       " + ratio(f.sharpe));
    lines.push_back("Sortino      " + ratio(f.sortino));
    lines.push_back(fmt::format(
        "drawdown     {:.2f} USD, {} to {}, {}; longest losing streak {}",
        f.drawdown.depth,
        format_utc(f.drawdown_peak),
        format_utc(f.drawdown_trough),
        f.drawdown.depth == 0  ? "none"
        : f.drawdown_recovered ? "recovered " + format_utc(*f.drawdown_recovered)
                               : "never recovered",
        f.longest_losing_streak
    ));
    lines.push_back(fmt::format(
        "exposure     at most {:.2f}, mean {:.2f} USD, in the market {} of the time",
        f.exposure_max,
        f.exposure_mean,
        percent(f.time_in_market)
    ));
    if (f.all.trades > 0)
        lines.push_back(fmt::format(
            "edge a share promised {}, realised {} [{}, {}], P(edge <= 0) {}; deflated Sharpe {} "
            "({} "
            "tried)",
            value(100 * f.all.promised_edge, "{:+.2f}c"),
            value(100 * f.edge.mean, "{:+.2f}c"),
            value(100 * f.edge.low, "{:+.2f}c"),
            value(100 * f.edge.high, "{:+.2f}c"),
            f.edge.blocks > 1 ? fmt::format("{:.3f}", f.edge.share_not_positive) : "-",
            value(f.deflated_sharpe, "{:.3f}"),
            f.trials
        ));
    counts(lines, "orders", f.orders);
    counts(lines, "not filled", f.not_filled);
    counts(lines, "evaluations", f.refusals);
    lines.emplace_back();
    if (f.all.trades > 0)
        lines.push_back(fmt::format(
            "{:<16} {:>6} {:>7} {:>17} {:>9} {:>10} {:>8} {:>8}",
            "by",
            "trades",
            "won",
            "95 %",
            "breakeven",
            "PnL",
            "promised",
            "realised"
        ));
    for (auto const& breakdown : f.breakdowns) {
        if (breakdown.groups.empty()) continue;
        lines.push_back(breakdown.by);
        for (auto const& g : breakdown.groups)
            lines.push_back(row(g));
    }
    if (!f.quarters.empty()) lines.push_back("quarters of the trades");
    for (auto const& q : f.quarters)
        lines.push_back(row(q.group));
    if (!f.moments.empty()) {
        lines.emplace_back();
        lines.push_back("probabilities against the market's mid, all windows (Brier, log loss)");
        for (auto const& m : f.moments)
            lines.push_back(fmt::format(
                "  {:>4.0f} s left  {:>6}  Brier {:.4f}, market {:.4f}, advantage {:+.4f} "
                "[{:+.4f}, "
                "{:+.4f}]  log loss {:.4f}, market {:.4f}",
                m.seconds_left,
                m.count,
                m.brier_model,
                m.brier_market,
                m.advantage.mean,
                m.advantage.low,
                m.advantage.high,
                m.log_loss_model,
                m.log_loss_market
            ));
    }
    for (auto const& t : f.unresolved)
        lines.push_back(
            fmt::format("UNRESOLVED {} {} {}", t.strategy.text, t.slug, to_string(t.outcome))
        );
    for (auto const& t : f.half_paid)
        lines.push_back(
            fmt::format("HALF PAID {} {} {}", t.strategy.text, t.slug, to_string(t.outcome))
        );
    for (auto const& o : f.voided)
        lines.push_back(fmt::format("VOID {} {} {}", o.strategy.text, o.slug, to_string(o.outcome))
        );
    return lines;
}

} // namespace polyquant::report
