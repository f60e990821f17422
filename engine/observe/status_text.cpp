#include "engine/observe/status_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::observe {

namespace {

std::string clock_text(UtcTime t) {
    return format_utc(t).substr(11, 8);
}

std::string level_text(std::optional<Level> const& level) {
    if (!level) return "--";
    return fmt::format("{:.3g}", to_double(level->price));
}

std::string edge_text(std::optional<double> edge) {
    return edge ? fmt::format("{:+.1f}c", *edge * 100) : "--";
}

// Two decimals suit BTC; XRP needs five to show a move.
std::string price_text(std::optional<PricePoint> const& point) {
    if (!point) return "?";
    auto const value = to_double(point->price);
    return value >= 1000 ? fmt::format("{:.2f}", value) : fmt::format("{:.5g}", value);
}

std::string asset_line(AssetStatus const& a, UtcTime now) {
    auto const left = std::chrono::ceil<Seconds>(a.window.end() - now).count();
    auto line = fmt::format(
        "{} {:>3}s strike {}{} {} {}",
        to_string(a.asset),
        left,
        price_text(a.strike),
        a.strike_disputed ? " DISPUTED" : "",
        a.current_is_average ? "avg" : "spot",
        price_text(a.current)
    );
    line +=
        a.up ? fmt::format("  P(UP) {:.3f}", *a.up) : fmt::format("  P(UP) -- {}", a.signal_note);
    if (a.up_low && a.up_high) line += fmt::format(" {:.3f}..{:.3f}", *a.up_low, *a.up_high);
    if (a.up && !a.signal_note.empty()) line += fmt::format(" ({})", a.signal_note);
    if (!a.has_market) return line + "  no market";
    line += fmt::format(
        "  UP {}/{} {}  DOWN {}/{} {}",
        level_text(a.up_quote.bid),
        level_text(a.up_quote.ask),
        edge_text(a.up_edge),
        level_text(a.down_quote.bid),
        level_text(a.down_quote.ask),
        edge_text(a.down_edge)
    );
    line += fmt::format(
        "  ages book {} price {}",
        a.book_age ? age_text(*a.book_age) : "--",
        a.price_age ? age_text(*a.price_age) : "--"
    );
    if (a.orders_sent > 0) line += fmt::format("  filled {}/{}", a.orders_filled, a.orders_sent);
    if (a.halted) line += "  HALTED " + *a.halted;
    if (a.verdict) line += a.verdict->trade ? "  verdict trade" : "  verdict do not trade";
    return line;
}

std::string state_text(StrategyStatus const& s) {
    if (!s.enabled) return "off";
    if (s.halted) return fmt::format("HALTED {}", to_string(s.last_reason));
    if (!s.last_look || !s.last_look_asset) return std::string{to_string(s.last_reason)};
    auto const waits = s.last_reason == Reason::outside_zone ? "waits, last " : "";
    return fmt::format("{}{} {}", waits, to_string(*s.last_look_asset), to_string(*s.last_look));
}

std::string strategy_line(StrategyStatus const& s) {
    auto line = fmt::format(
        "{:<10} bank {} pnl {} W{} L{} pending {} filled {}/{}  {}",
        s.name,
        to_cents_text(s.bankroll),
        to_cents_text(s.pnl),
        s.wins,
        s.losses,
        s.pending,
        s.orders_filled,
        s.orders_sent,
        state_text(s)
    );
    if (auto const text = calibration_text(s.calibration); !text.empty()) line += "  " + text;
    return line;
}

// Columns, not bytes: names of strategies may hold UTF-8, which must not be cut inside a character.
std::string cut(std::string line, std::size_t width) {
    std::size_t columns = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        auto const continues = (static_cast<unsigned char>(line[i]) & 0xC0) == 0x80;
        if (!continues && columns++ == width) {
            line.resize(i);
            break;
        }
    }
    return line;
}

std::string rate_text(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return "--";
    return fmt::format("{:.0f}%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

} // namespace

std::string calibration_text(CalibrationStatus const& c) {
    if (c.bets == 0 && c.state == CalibrationState::trusted) return {};
    std::string coins;
    for (auto const& [asset, state] : c.coins)
        coins +=
            fmt::format("{}{} {}", coins.empty() ? " (" : ", ", to_string(asset), to_string(state));
    return fmt::format(
        "calibration {}{}{} e {:.3g} n {} promised {:.3f} won {:.3f}",
        to_string(c.state),
        coins,
        coins.empty() ? "" : ")",
        c.evidence,
        c.bets,
        c.promised,
        c.won
    );
}

std::string age_text(Nanos age) {
    auto const s = std::chrono::duration<double>(age).count();
    if (s < 10) return fmt::format("{:.1f}s", s);
    if (s < 600) return fmt::format("{:.0f}s", s);
    return fmt::format("{:.0f}m", s / 60);
}

std::vector<std::string> status_block(StatusSnapshot const& status, std::size_t width) {
    std::vector<std::string> lines;
    auto header = fmt::format("{} {} UTC", status.mode, format_utc(status.now).substr(0, 19));
    if (status.trading_halted) header += "  TRADING HALTED: " + status.halt_text;
    std::size_t closed = 0;
    for (auto const& b : status.breakers)
        if (b.state == BreakerState::closed)
            ++closed;
        else
            header += fmt::format("  {} BREAKER {}", b.endpoint_group, to_string(b.state));
    if (closed == status.breakers.size() && closed > 0) header += "  breakers ok";
    header += fmt::format("  events {}", status.events);
    if (!status.redeemable.is_zero())
        header += fmt::format("  redeemable {}", to_cents_text(status.redeemable));
    if (status.redeeming > 0) header += fmt::format("  redeeming {}", status.redeeming);
    if (status.unresolved > 0) header += fmt::format("  unresolved {}", status.unresolved);
    if (status.disputed > 0) header += fmt::format("  DISPUTED {}", status.disputed);
    if (status.quarantines > 0) header += fmt::format("  quarantined {}", status.quarantines);
    if (status.loop_lag)
        header += fmt::format(
            "  lag {:.1f}ms", std::chrono::duration<double, std::milli>(*status.loop_lag).count()
        );
    lines.push_back(cut(std::move(header), width));
    for (auto const& asset : status.assets)
        lines.push_back(cut(asset_line(asset, status.now), width));
    for (auto const& strategy : status.strategies)
        lines.push_back(cut(strategy_line(strategy), width));
    return lines;
}

std::string outcome_line(SettledWindow const& w) {
    return fmt::format(
        "{} {} {} strike {} final {} ({}, {})",
        clock_text(w.window.end()),
        w.asset ? to_string(*w.asset) : std::string_view{w.slug},
        w.winner ? to_string(*w.winner) : "50/50",
        to_string(w.strike),
        to_string(w.final_price),
        to_string(w.rule),
        to_string(w.source)
    );
}

std::string window_line(SettledWindow const& w, StatusSnapshot const& status) {
    auto line = outcome_line(w);
    for (auto const& s : status.strategies)
        line += fmt::format(
            " | {} {} {} W{} L{} {}",
            s.name,
            to_cents_text(s.bankroll),
            to_cents_text(s.pnl),
            s.wins,
            s.losses,
            state_text(s)
        );
    return line;
}

std::vector<std::string> strategy_table(StatusSnapshot const& status) {
    std::size_t name_width = 8;
    for (auto const& s : status.strategies)
        name_width = std::max(name_width, s.name.size());
    std::vector<std::string> lines{fmt::format(
        "{:<{}} {:>10} {:>9} {:>5} {:>6} {:>8} {:>6} {:>7} {:>9}  why not trading",
        "strategy",
        name_width,
        "bankroll",
        "PnL",
        "wins",
        "losses",
        "win rate",
        "trades",
        "pending",
        "fill rate"
    )};
    for (auto const& s : status.strategies)
        lines.push_back(fmt::format(
            "{:<{}} {:>10} {:>9} {:>5} {:>6} {:>8} {:>6} {:>7} {:>9}  {}",
            s.name,
            name_width,
            to_cents_text(s.bankroll),
            to_cents_text(s.pnl),
            s.wins,
            s.losses,
            rate_text(s.wins, s.wins + s.losses),
            s.trades,
            s.pending,
            rate_text(s.orders_filled, s.orders_sent),
            s.enabled ? top_reasons(s.reasons, 3) : "off"
        ));
    return lines;
}

std::string top_reasons(ReasonCounts const& counts, std::size_t most) {
    std::vector<Reason> order;
    for (std::size_t i = 0; i < reason_count; ++i)
        if (counts[static_cast<Reason>(i)] > 0) order.push_back(static_cast<Reason>(i));
    std::ranges::sort(order, [&counts](Reason a, Reason b) {
        return counts[a] != counts[b] ? counts[a] > counts[b] : a < b;
    });
    std::string text;
    for (auto reason : order) {
        if (most-- == 0) break;
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", to_string(reason), counts[reason]);
    }
    return text.empty() ? "never evaluated" : text;
}

} // namespace polyquant::observe
