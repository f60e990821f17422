#include "engine/metrics/heartbeat.hpp"

#include "connectors/json/writer.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace polyquant::metrics {

namespace {

double seconds(Nanos t) {
    return std::chrono::duration<double>(t).count();
}

void write_list(json::Writer& out, char const* name, std::vector<std::string> const& texts) {
    out.key(name).begin_array();
    for (auto const& text : texts)
        out.text(text);
    out.end_array();
}

// Reads members of one object; the first that is missing or of another kind is remembered.
class Members {
public:
    explicit Members(boost::json::object const& object) : object_{object} {}

    std::string text(char const* name) {
        auto const* const value = find(name);
        if (value == nullptr || !value->is_string()) return miss(name), std::string{};
        return std::string{value->get_string()};
    }

    UtcTime time(char const* name) {
        auto const parsed = parse_utc(text(name));
        if (parsed) return *parsed;
        return miss(name), UtcTime{};
    }

    std::int64_t whole(char const* name) {
        auto const* const value = find(name);
        if (value == nullptr || !value->is_int64()) return miss(name), 0;
        return value->get_int64();
    }

    double number(char const* name) {
        auto const* const value = find(name);
        if (value == nullptr || !value->is_number()) return miss(name), 0;
        return value->to_number<double>();
    }

    bool flag(char const* name) {
        auto const* const value = find(name);
        if (value == nullptr || !value->is_bool()) return miss(name), false;
        return value->get_bool();
    }

    bool is_null(char const* name) {
        auto const* const value = find(name);
        return value == nullptr || value->is_null();
    }

    std::vector<std::string> texts(char const* name) {
        std::vector<std::string> out;
        auto const* const value = find(name);
        if (value == nullptr || !value->is_array()) return miss(name), out;
        for (auto const& one : value->get_array())
            if (one.is_string()) out.emplace_back(one.get_string());
        return out;
    }

    std::string const& missing() const { return missing_; }

private:
    boost::json::value const* find(char const* name) const { return object_.if_contains(name); }

    void miss(char const* name) {
        if (missing_.empty()) missing_ = name;
    }

    boost::json::object const& object_;
    std::string missing_;
};

std::string joined(std::vector<std::string> const& texts) {
    return fmt::format("{}", fmt::join(texts, ", "));
}

} // namespace

Heartbeat heartbeat_of(Figures const& f, ProcessFigures const& process) {
    Heartbeat h;
    h.version = f.version;
    h.mode = f.mode;
    h.process_id = f.process_id;
    h.started_at = f.started_at;
    h.beat_at = f.taken_at;
    h.trading_halted = f.status.trading_halted;
    if (h.trading_halted) h.halt_text = f.status.halt_text;
    Usdc bankroll, profit;
    for (auto const& s : f.status.strategies) {
        if (s.halted) h.halted_strategies.push_back(s.name);
        bankroll += s.bankroll;
        profit += s.pnl;
    }
    h.bankroll = to_cents_text(bankroll);
    h.profit = to_cents_text(profit);
    for (auto const& b : f.status.breakers)
        if (b.state == BreakerState::open) h.open_breakers.push_back(b.endpoint_group);
    for (auto const& t : f.topics)
        if (!t.healthy) h.silent_feeds.push_back(t.feed + " " + t.topic);
    if (f.oldest_unsettled) h.oldest_unsettled_seconds = seconds(*f.oldest_unsettled);
    h.unknown_orders = static_cast<std::int64_t>(f.unknown_orders);
    h.books_agree = f.books_agree;
    if (f.clock_offset) h.clock_offset_seconds = seconds(*f.clock_offset);
    if (process.disk_free_bytes)
        h.disk_free_bytes = static_cast<std::int64_t>(*process.disk_free_bytes);
    h.resident_bytes = static_cast<std::int64_t>(process.resident_bytes.value_or(0));
    h.loop_lag_p99_ms = seconds(f.lag.p99) * 1e3;
    h.events = static_cast<std::int64_t>(f.status.events);
    return h;
}

std::string print(Heartbeat const& h) {
    json::Writer out;
    out.begin_object();
    out.text("program", "polyquant").text("version", h.version).text("mode", h.mode);
    out.whole("process_id", h.process_id);
    out.text("started_at", format_utc(h.started_at));
    out.text("written_at", format_utc(h.written_at));
    out.text("beat_at", format_utc(h.beat_at));
    out.flag("stopped", h.stopped).whole("exit_code", h.exit_code);
    out.flag("trading_halted", h.trading_halted).text("halt_text", h.halt_text);
    write_list(out, "halted_strategies", h.halted_strategies);
    write_list(out, "open_breakers", h.open_breakers);
    write_list(out, "silent_feeds", h.silent_feeds);
    out.raw("oldest_unsettled_seconds", fmt::format("{:.3f}", h.oldest_unsettled_seconds));
    out.whole("unknown_orders", h.unknown_orders);
    out.key("books_agree");
    h.books_agree ? out.flag(*h.books_agree) : out.null();
    out.key("clock_offset_seconds");
    h.clock_offset_seconds ? out.raw(fmt::format("{:.6f}", *h.clock_offset_seconds)) : out.null();
    out.key("disk_free_bytes");
    h.disk_free_bytes ? out.whole(*h.disk_free_bytes) : out.null();
    out.whole("resident_bytes", h.resident_bytes);
    out.raw("loop_lag_p99_ms", fmt::format("{:.3f}", h.loop_lag_p99_ms));
    out.whole("events", h.events);
    write_list(out, "alerts", h.alerts);
    out.text("bankroll", h.bankroll).text("profit", h.profit);
    out.text("metrics", h.metrics).text("dashboard", h.dashboard);
    out.end_object();
    return out.take() + "\n";
}

Result<Heartbeat> parse_heartbeat(std::string_view text) {
    boost::system::error_code error;
    auto const value = boost::json::parse({text.data(), text.size()}, error);
    if (error || !value.is_object())
        return Failure{Fault::parse, "heartbeat", "it is no JSON object"};
    Members m{value.get_object()};
    Heartbeat h;
    h.version = m.text("version");
    h.mode = m.text("mode");
    h.process_id = m.whole("process_id");
    h.started_at = m.time("started_at");
    h.written_at = m.time("written_at");
    h.beat_at = m.time("beat_at");
    h.stopped = m.flag("stopped");
    h.exit_code = static_cast<int>(m.whole("exit_code"));
    h.trading_halted = m.flag("trading_halted");
    h.halt_text = m.text("halt_text");
    h.halted_strategies = m.texts("halted_strategies");
    h.open_breakers = m.texts("open_breakers");
    h.silent_feeds = m.texts("silent_feeds");
    h.oldest_unsettled_seconds = m.number("oldest_unsettled_seconds");
    h.unknown_orders = m.whole("unknown_orders");
    if (!m.is_null("books_agree")) h.books_agree = m.flag("books_agree");
    if (!m.is_null("clock_offset_seconds"))
        h.clock_offset_seconds = m.number("clock_offset_seconds");
    if (!m.is_null("disk_free_bytes")) h.disk_free_bytes = m.whole("disk_free_bytes");
    h.resident_bytes = m.whole("resident_bytes");
    h.loop_lag_p99_ms = m.number("loop_lag_p99_ms");
    h.events = m.whole("events");
    h.alerts = m.texts("alerts");
    h.bankroll = m.text("bankroll");
    h.profit = m.text("profit");
    h.metrics = m.text("metrics");
    h.dashboard = m.text("dashboard");
    if (!m.missing().empty())
        return Failure{Fault::parse, "heartbeat", "\"" + m.missing() + "\" is missing or damaged"};
    return h;
}

std::string_view to_string(Health health) {
    switch (health) {
    case Health::ok: return "OK";
    case Health::warning: return "WARNING";
    case Health::critical: return "CRITICAL";
    case Health::unknown: return "UNKNOWN";
    }
    std::abort();
}

HealthReport judge(Heartbeat const& h, UtcTime now, HealthLimits const& limits) {
    HealthReport report;
    auto const note = [&](Health health, std::string text) {
        // The gravest first, equals in the order of the checks.
        auto const place = health > report.health ? report.problems.begin() : report.problems.end();
        report.problems.insert(place, std::move(text));
        report.health = std::max(report.health, health);
    };
    auto const age = [&](UtcTime t) {
        return std::chrono::duration_cast<Seconds>(now - t).count();
    };
    if (h.stopped) {
        note(
            Health::critical,
            fmt::format("stopped {} s ago with exit code {}", age(h.written_at), h.exit_code)
        );
        return report;
    }
    if (now - h.written_at > limits.age_max)
        note(
            Health::critical,
            fmt::format("no heartbeat for {} s: the process is gone", age(h.written_at))
        );
    else if (now - h.beat_at > limits.age_max)
        note(
            Health::critical, fmt::format("the engine makes no progress for {} s", age(h.beat_at))
        );
    // A clock that was set back would make every heartbeat look fresh for as long.
    if (h.written_at - now > limits.age_max)
        note(
            Health::critical, fmt::format("the heartbeat is {} s in the future", -age(h.written_at))
        );
    if (h.trading_halted) note(Health::critical, "trading halted: " + h.halt_text);
    if (h.books_agree && !*h.books_agree)
        note(Health::critical, "the books do not agree with the venue's");
    if (h.oldest_unsettled_seconds > static_cast<double>(limits.unsettled_max.count()))
        note(
            Health::critical,
            fmt::format(
                "a position is unsettled {:.0f} s after its close", h.oldest_unsettled_seconds
            )
        );
    if (h.disk_free_bytes && *h.disk_free_bytes < limits.disk_free_min)
        note(
            Health::critical,
            fmt::format("{:.2f} GB of disk are left", static_cast<double>(*h.disk_free_bytes) / 1e9)
        );
    if (h.unknown_orders > 0)
        note(Health::warning, fmt::format("{} orders with unknown outcome", h.unknown_orders));
    if (!h.halted_strategies.empty())
        note(Health::warning, "halted: " + joined(h.halted_strategies));
    if (!h.open_breakers.empty())
        note(Health::warning, "breakers open: " + joined(h.open_breakers));
    if (!h.silent_feeds.empty()) note(Health::warning, "silent: " + joined(h.silent_feeds));
    if (!h.alerts.empty()) note(Health::warning, "alerts: " + joined(h.alerts));
    return report;
}

std::string HealthReport::line(Heartbeat const* h) const {
    auto text = fmt::format("POLYQUANT {} - ", to_string(health));
    if (!problems.empty())
        text += fmt::format("{}", fmt::join(problems, "; "));
    else if (h != nullptr)
        text += fmt::format("{} runs since {}", h->mode, format_utc(h->started_at));
    if (h == nullptr) return text;
    // Performance data, as Nagios plug-ins print it.
    return text + fmt::format(
                      " | bankroll={} profit={} loop_lag_p99={:.3f}ms resident={}B",
                      h->bankroll,
                      h->profit,
                      h->loop_lag_p99_ms,
                      h->resident_bytes
                  );
}

} // namespace polyquant::metrics
