#include "engine/dashboard/board_state.hpp"

#include "connectors/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::dashboard {

namespace {

using json::Writer;

double seconds(Nanos t) {
    return std::chrono::duration<double>(t).count();
}

// JSON has no infinity.
void number(Writer& out, char const* name, std::optional<double> value) {
    if (value && std::isfinite(*value))
        out.raw(name, fmt::format("{:.10g}", *value));
    else
        out.null(name);
}

void age(Writer& out, char const* name, std::optional<Nanos> value) {
    number(out, name, value ? std::optional{seconds(*value)} : std::nullopt);
}

std::optional<double> price_of(std::optional<Level> const& level) {
    return level ? std::optional{to_double(level->price)} : std::nullopt;
}

void write_asset(Writer& out, observe::AssetStatus const& a, UtcTime now) {
    out.begin_object().text("asset", to_string(a.asset)).flag("listed", a.has_market);
    number(out, "left", seconds(a.window.end() - now));
    number(out, "length", seconds(a.window.length));
    number(out, "strike", a.strike ? std::optional{to_double(a.strike->price)} : std::nullopt);
    number(out, "current", a.current ? std::optional{to_double(a.current->price)} : std::nullopt);
    out.flag("average", a.current_is_average).flag("disputed", a.strike_disputed);
    number(out, "up", a.up);
    number(out, "up_low", a.up_low);
    number(out, "up_high", a.up_high);
    out.text("note", a.signal_note);
    number(out, "up_bid", price_of(a.up_quote.bid));
    number(out, "up_ask", price_of(a.up_quote.ask));
    number(out, "down_bid", price_of(a.down_quote.bid));
    number(out, "down_ask", price_of(a.down_quote.ask));
    number(out, "up_edge", a.up_edge);
    number(out, "down_edge", a.down_edge);
    age(out, "book_age", a.book_age);
    age(out, "price_age", a.price_age);
    out.text("verdict", a.verdict ? (a.verdict->trade ? "trade" : "do not trade") : "");
}

void write_strategy(Writer& out, observe::StrategyStatus const& s) {
    out.begin_object().text("name", s.name).flag("enabled", s.enabled).flag("halted", s.halted);
    out.text("bankroll", to_cents_text(s.bankroll)).text("pnl", to_cents_text(s.pnl));
    out.whole("wins", static_cast<std::int64_t>(s.wins));
    out.whole("losses", static_cast<std::int64_t>(s.losses));
    out.whole("pending", static_cast<std::int64_t>(s.pending));
    out.whole("sent", static_cast<std::int64_t>(s.orders_sent));
    out.whole("filled", static_cast<std::int64_t>(s.orders_filled));
    auto const look = s.last_look ? *s.last_look : s.last_reason;
    out.text("why", to_string(look));
    out.text("why_asset", s.last_look_asset ? to_string(*s.last_look_asset) : "");
    auto const& c = s.calibration;
    out.key("calibration").begin_object().text("state", to_string(c.state));
    number(out, "evidence", c.evidence);
    out.whole("bets", static_cast<std::int64_t>(c.bets));
    number(out, "promised", c.promised);
    number(out, "won", c.won);
    out.end_object();
    std::vector<std::pair<std::uint64_t, Reason>> reasons;
    for (std::size_t i = 0; i < reason_count; ++i)
        if (auto const n = s.reasons[static_cast<Reason>(i)]; n > 0)
            reasons.emplace_back(n, static_cast<Reason>(i));
    std::ranges::sort(reasons, [](auto const& a, auto const& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    out.key("reasons").begin_array();
    for (auto const& [n, reason] : reasons)
        out.begin_object()
            .text("reason", to_string(reason))
            .whole("count", static_cast<std::int64_t>(n))
            .end_object();
    out.end_array().end_object();
}

void write_orders(Writer& out, metrics::Figures const& f) {
    out.key("orders").begin_array();
    for (auto const& o : f.recent_orders) {
        out.begin_object().text("at", format_utc(o.at)).text("strategy", o.strategy);
        out.text("slug", o.slug).text("side", to_string(o.side));
        out.text("outcome", to_string(o.outcome)).text("limit", to_string(o.limit));
        out.text("size", to_string(o.size)).text("filled", to_string(o.filled));
        out.text("cost", to_cents_text(o.cost)).text("state", to_string(o.state));
        out.text("reason", to_string(o.reason)).end_object();
    }
    out.end_array();
}

void write_winnings(Writer& out, observe::StatusSnapshot const& status) {
    out.key("winnings").begin_object().text("redeemable", to_cents_text(status.redeemable));
    out.whole("redeeming", static_cast<std::int64_t>(status.redeeming));
    out.whole("unresolved", static_cast<std::int64_t>(status.unresolved));
    out.whole("disputed", static_cast<std::int64_t>(status.disputed)).end_object();
}

void write_positions(Writer& out, metrics::Figures const& f) {
    out.key("positions").begin_array();
    for (auto const& p : f.open_positions) {
        out.begin_object().text("strategy", p.strategy).text("asset", p.asset);
        out.text("slug", p.slug).text("outcome", to_string(p.outcome));
        out.text("shares", to_string(p.exposure)).text("confirmed", to_string(p.confirmed));
        out.text("cost", to_cents_text(p.cost));
        number(
            out, "left", p.closes ? std::optional{seconds(*p.closes - f.status.now)} : std::nullopt
        );
        out.end_object();
    }
    out.end_array();
}

void write_plumbing(Writer& out, metrics::Figures const& f) {
    out.key("feeds").begin_array();
    for (auto const& t : f.topics) {
        out.begin_object().text("feed", t.feed).text("topic", t.topic).flag("healthy", t.healthy);
        out.text("reason", t.reason);
        number(out, "since", seconds(f.taken_at - t.since));
        out.end_object();
    }
    out.end_array().key("breakers").begin_array();
    for (auto const& b : f.status.breakers)
        out.begin_object()
            .text("endpoint", b.endpoint_group)
            .text("state", to_string(b.state))
            .end_object();
    out.end_array().key("queues").begin_array();
    for (auto const& q : f.queues)
        out.begin_object()
            .text("name", q.name)
            .whole("depth", static_cast<std::int64_t>(q.depth))
            .end_object();
    out.end_array();
}

void write_windows(Writer& out, std::deque<observe::SettledWindow> const& windows) {
    out.key("windows").begin_array();
    for (auto const& w : windows) {
        out.begin_object().text("slug", w.slug).text("asset", w.asset ? to_string(*w.asset) : "");
        out.whole("start", unix_seconds(w.window.start));
        out.text("winner", w.winner ? to_string(*w.winner) : "half and half");
        number(out, "strike", to_double(w.strike));
        number(out, "final", to_double(w.final_price));
        out.end_object();
    }
    out.end_array();
}

} // namespace

void Line::add(Point point) {
    if (seen_++ % every_ != 0) return;
    points_.push_back(point);
    if (points_.size() < points_max) return;
    std::vector<Point> thinned;
    for (std::size_t i = 0; i < points_.size(); i += 2)
        thinned.push_back(points_[i]);
    points_ = std::move(thinned);
    every_ *= 2;
}

void BoardState::on(metrics::FiguresPtr figures) {
    if (!figures) return;
    figures_ = std::move(figures);
    Usdc bankroll;
    for (auto const& s : figures_->status.strategies)
        bankroll += s.bankroll;
    equity_.add({unix_millis(figures_->status.now), to_double(bankroll)});
    trace(*figures_);
}

void BoardState::trace(metrics::Figures const& figures) {
    for (auto const& a : figures.status.assets) {
        auto& trace = traces_[a.asset];
        if (trace.window != a.window) trace = {a.window, {}};
        trace.moments.push_back(
            {seconds(a.window.end() - figures.status.now), a.up, price_of(a.up_quote.ask)}
        );
        if (trace.moments.size() > trace_max) trace.moments.pop_front();
    }
}

void BoardState::on_line(std::string line) {
    lines_.push_back(std::move(line));
    if (lines_.size() > lines_max) lines_.pop_front();
}

void BoardState::on_window(observe::SettledWindow window) {
    windows_.push_front(std::move(window));
    if (windows_.size() > windows_max) windows_.pop_back();
}

std::string BoardState::json(Instant now) const {
    Writer out;
    out.begin_object();
    if (!figures_) return out.flag("ready", false).end_object().take();
    auto const& f = *figures_;
    out.flag("ready", true).text("mode", f.mode).text("title", f.status.mode);
    out.text("version", f.version).text("now", format_utc(f.status.now));
    out.whole("started", unix_seconds(f.started_at));
    number(out, "beat_age", seconds(now - f.beat));
    out.flag("halted", f.status.trading_halted);
    out.text("halt_text", f.status.trading_halted ? f.status.halt_text : "");
    out.whole("events", static_cast<std::int64_t>(f.status.events));
    number(out, "lag_p99", seconds(f.lag.p99));
    out.whole("open_orders", static_cast<std::int64_t>(f.open_orders));
    out.whole("unknown_orders", static_cast<std::int64_t>(f.unknown_orders));
    out.whole("windows_pending", static_cast<std::int64_t>(f.windows_pending));
    age(out, "oldest_unsettled", f.oldest_unsettled);
    out.text(
        "books",
        !f.books_agree ? "" : (*f.books_agree ? "agree with the venue" : "DIFFER from the venue's")
    );
    age(out, "clock_offset", f.clock_offset);
    out.key("assets").begin_array();
    for (auto const& a : f.status.assets) {
        write_asset(out, a, f.status.now);
        out.key("trace").begin_array();
        if (auto const known = traces_.find(a.asset); known != traces_.end())
            for (auto const& moment : known->second.moments) {
                out.begin_object();
                number(out, "left", moment.left);
                number(out, "up", moment.up);
                number(out, "ask", moment.ask);
                out.end_object();
            }
        out.end_array().end_object();
    }
    out.end_array().key("strategies").begin_array();
    for (auto const& s : f.status.strategies)
        write_strategy(out, s);
    out.end_array().key("equity").begin_array();
    for (auto const& point : equity_.points())
        out.raw(fmt::format("[{},{:.6g}]", point.at_ms, point.value));
    out.end_array();
    write_orders(out, f);
    write_winnings(out, f.status);
    write_positions(out, f);
    write_plumbing(out, f);
    write_windows(out, windows_);
    out.key("log").begin_array();
    for (auto const& line : lines_)
        out.text(line);
    out.end_array().end_object();
    return out.take();
}

} // namespace polyquant::dashboard
