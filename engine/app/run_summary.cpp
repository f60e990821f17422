#include "engine/app/run_summary.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <map>

namespace polyquant::app {

namespace {

boost::json::object json_of(observe::StrategyStatus const& s) {
    boost::json::object reasons;
    for (std::size_t i = 0; i < reason_count; ++i) {
        auto const reason = static_cast<Reason>(i);
        if (s.reasons[reason] > 0) reasons[to_string(reason)] = s.reasons[reason];
    }
    return {
        {"name", s.name},
        {"enabled", s.enabled},
        {"halted", s.halted},
        {"bankroll_usdc", to_string(s.bankroll)},
        {"pnl_usdc", to_string(s.pnl)},
        {"wins", s.wins},
        {"losses", s.losses},
        {"orders_sent", s.orders_sent},
        {"orders_filled", s.orders_filled},
        {"pending", s.pending},
        {"reasons", reasons},
        {"calibration",
         boost::json::object{
             {"state", to_string(s.calibration.state)},
             {"evidence", s.calibration.evidence},
             {"bets", s.calibration.bets},
             {"promised", s.calibration.promised},
             {"won", s.calibration.won},
         }},
    };
}

double millis(Nanos time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

} // namespace

std::string windows_text(std::vector<observe::SettledWindow> const& windows) {
    std::size_t up = 0;
    std::size_t down = 0;
    std::map<std::string, std::size_t> by_source;
    for (auto const& w : windows) {
        if (w.winner) ++(*w.winner == Outcome::up ? up : down);
        ++by_source[fmt::format("{} by {}", to_string(w.rule), to_string(w.source))];
    }
    auto text = fmt::format("{} windows settled: {} UP, {} DOWN", windows.size(), up, down);
    for (auto const& [source, count] : by_source)
        text += fmt::format("; {} {}", count, source);
    return text;
}

std::vector<std::string> strategy_lines(observe::StatusSnapshot const& status) {
    std::vector<std::string> lines{""};
    for (auto& row : observe::strategy_table(status))
        lines.push_back(std::move(row));
    lines.emplace_back();
    lines.emplace_back("why nothing was bought, all evaluations of the current parameters:");
    for (auto const& s : status.strategies)
        lines.push_back(
            fmt::format("  {:<10} {}", s.name, observe::top_reasons(s.reasons, reason_count))
        );
    for (auto const& s : status.strategies)
        if (auto const text = observe::calibration_text(s.calibration); !text.empty())
            lines.push_back(fmt::format("  {:<10} {}", s.name, text));
    for (auto const& a : status.assets)
        if (a.verdict)
            lines.push_back(fmt::format(
                "  {:<10} verdict of {}: {} ({})",
                to_string(a.asset),
                format_utc(a.verdict->to).substr(0, 10),
                a.verdict->trade ? "trade" : "do not trade",
                a.verdict->text
            ));
    lines.emplace_back();
    return lines;
}

boost::json::array strategies_json(observe::StatusSnapshot const& status) {
    boost::json::array strategies;
    for (auto const& s : status.strategies)
        strategies.push_back(json_of(s));
    return strategies;
}

boost::json::array windows_json(std::vector<observe::SettledWindow> const& windows) {
    boost::json::array settled;
    for (auto const& w : windows)
        settled.push_back(boost::json::object{
            {"slug", w.slug},
            {"winner", w.winner ? to_string(*w.winner) : "50/50"},
            {"strike", to_string(w.strike)},
            {"final", to_string(w.final_price)},
            {"rule", to_string(w.rule)},
            {"source", to_string(w.source)},
        });
    return settled;
}

std::vector<std::string> run_summary(
    RunFigures const& f,
    observe::StatusSnapshot const& status,
    std::vector<observe::SettledWindow> const& windows
) {
    std::vector<std::string> lines{""};
    lines.push_back(fmt::format(
        "{} run {} to {}: {} events in {:.0f} s",
        f.mode,
        format_utc(f.start).substr(0, 19),
        format_utc(f.end).substr(0, 19),
        f.events,
        f.real_seconds
    ));
    lines.push_back(windows_text(windows));
    if (f.unsettled > 0)
        lines.push_back(
            fmt::format("{} positions still open: the next start goes on with them", f.unsettled)
        );
    for (auto& line : strategy_lines(status))
        lines.push_back(std::move(line));
    lines.push_back(fmt::format(
        "loop lag p50 {:.1f} ms, p99 {:.1f} ms, max {:.1f} ms",
        millis(f.lag_p50),
        millis(f.lag_p99),
        millis(f.lag_max)
    ));
    lines.push_back(
        fmt::format("ledger  {}  ({} facts)", (f.directory / "ledger.sqlite").string(), f.facts)
    );
    lines.push_back(fmt::format("journal {}", f.journal.string()));
    return lines;
}

std::string run_summary_json(
    RunFigures const& f,
    observe::StatusSnapshot const& status,
    std::vector<observe::SettledWindow> const& windows
) {
    boost::json::object breakers;
    for (auto const& b : status.breakers)
        breakers[b.endpoint_group] = to_string(b.state);
    boost::json::object openings;
    for (auto const& [group, count] : f.breaker_openings)
        openings[group] = count;
    return boost::json::serialize(boost::json::object{
        {"mode", f.mode},
        {"start", format_utc(f.start)},
        {"end", format_utc(f.end)},
        {"events", f.events},
        {"seconds", f.real_seconds},
        {"facts", f.facts},
        {"windows_settled", f.windows},
        {"unsettled_positions", f.unsettled},
        {"loop_lag_ms",
         {{"p50", millis(f.lag_p50)}, {"p99", millis(f.lag_p99)}, {"max", millis(f.lag_max)}}},
        {"trading_halted", status.trading_halted},
        {"halt_text", status.trading_halted ? status.halt_text : std::string{}},
        {"breakers", breakers},
        {"breaker_openings", openings},
        {"quarantines", status.quarantines},
        {"directory", f.directory.string()},
        {"journal", f.journal.string()},
        {"exit_code", f.exit_code},
        {"windows", windows_json(windows)},
        {"strategies", strategies_json(status)},
    });
}

} // namespace polyquant::app
