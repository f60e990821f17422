#include "engine/metrics/exposition.hpp"

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>

namespace polyquant::metrics {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

double seconds(Nanos t) {
    return std::chrono::duration<double>(t).count();
}

double usdc(Usdc amount) {
    return to_double(amount);
}

double number(std::uint64_t n) {
    return static_cast<double>(n);
}

// Families in the order they are described; a family without a value is left out.
class Exposition {
public:
    void gauge(char const* name, char const* help, double value, Labels labels = {}) {
        auto& metric = add(name, help, MetricType::Gauge, std::move(labels));
        metric.gauge.value = value;
    }

    void counter(char const* name, char const* help, double value, Labels labels = {}) {
        auto& metric = add(name, help, MetricType::Counter, std::move(labels));
        metric.counter.value = value;
    }

    void histogram(
        char const* name, char const* help, ClientMetric::Histogram histogram, Labels labels = {}
    ) {
        auto& metric = add(name, help, MetricType::Histogram, std::move(labels));
        metric.histogram = std::move(histogram);
    }

    std::string text() const {
        std::ostringstream out;
        prometheus::TextSerializer{}.Serialize(out, families_);
        return out.str();
    }

private:
    ClientMetric& add(char const* name, char const* help, MetricType type, Labels labels) {
        auto const full = std::string{"polyquant_"} + name;
        auto found = index_.find(full);
        if (found == index_.end()) {
            found = index_.emplace(full, families_.size()).first;
            families_.push_back({full, help, type, {}});
        }
        auto& metric = families_[found->second].metric.emplace_back();
        metric.label = std::move(labels);
        return metric;
    }

    std::vector<MetricFamily> families_;
    std::map<std::string, std::size_t> index_;
};

ClientMetric::Histogram to_histogram(DurationHistogram const& from) {
    ClientMetric::Histogram to;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < from.counts().size(); ++i) {
        sum += from.counts()[i];
        auto const is_last = i == DurationHistogram::bounds.size();
        auto const upper = is_last ? std::numeric_limits<double>::infinity()
                                   : seconds(DurationHistogram::bounds[i]);
        to.bucket.push_back({sum, upper});
    }
    to.sample_count = sum;
    to.sample_sum = seconds(from.sum());
    return to;
}

ClientMetric::Histogram to_histogram(LagFigures const& from) {
    ClientMetric::Histogram to;
    for (auto const& bucket : from.buckets)
        to.bucket.push_back({bucket.count, seconds(bucket.upper)});
    to.bucket.push_back({from.count, std::numeric_limits<double>::infinity()});
    to.sample_count = from.count;
    to.sample_sum = seconds(from.sum);
    return to;
}

double state_number(BreakerState state) {
    switch (state) {
    case BreakerState::closed: return 0;
    case BreakerState::half_open: return 1;
    case BreakerState::open: return 2;
    }
    std::abort();
}

void describe_engine(Exposition& out, Figures const& f, Instant now) {
    out.gauge("build_info", "Always 1; the version is in its label.", 1, {{"version", f.version}});
    out.gauge(
        "mode_info", "Always 1; what the engine trades is in its label.", 1, {{"mode", f.mode}}
    );
    out.gauge(
        "start_time_seconds",
        "Unix time at which the engine began.",
        static_cast<double>(unix_millis(f.started_at)) / 1e3
    );
    out.gauge(
        "beat_age_seconds",
        "Age of these figures: above a few seconds the engine's loop is held up.",
        seconds(now - f.beat)
    );
    out.gauge(
        "engine_time_seconds",
        "Unix time as the engine sees it; a sandbox has its own.",
        static_cast<double>(unix_millis(f.status.now)) / 1e3
    );
    out.gauge(
        "trading_halted", "1 while a safety rule has stopped all trading.", f.status.trading_halted
    );
    for (auto const& event : f.events)
        out.counter(
            "events_total",
            "Events published, by kind.",
            number(event.count),
            {{"kind", event.name}}
        );
    out.counter("facts_total", "Facts booked by this and all earlier starts.", number(f.facts));
    out.counter(
        "quarantines_total", "Books set aside as impossible.", number(f.status.quarantines)
    );
    out.counter(
        "windows_settled_total", "Windows whose outcome was booked.", number(f.windows_settled)
    );
    out.histogram(
        "loop_lag_seconds", "How late timers ring: everything waits so long.", to_histogram(f.lag)
    );
    for (auto const stage : all_stages_of_work)
        out.histogram(
            "stage_duration_seconds",
            "From a frame to a confirmed fill; parse, features and decision are sampled.",
            to_histogram(f.stages[static_cast<std::size_t>(stage)]),
            {{"stage", std::string{to_string(stage)}}}
        );
}

void describe_assets(Exposition& out, Figures const& f) {
    for (auto const& a : f.status.assets) {
        Labels const asset{{"asset", std::string{to_string(a.asset)}}};
        out.gauge("market_listed", "1 while the present window has a market.", a.has_market, asset);
        if (a.strike)
            out.gauge(
                "strike_usd",
                "Price to beat of the present window.",
                to_double(a.strike->price),
                asset
            );
        if (a.current)
            out.gauge(
                "price_usd",
                "Price that settles the window: the average so far, or spot.",
                to_double(a.current->price),
                asset
            );
        if (a.up) out.gauge("up_probability_ratio", "P(UP) of the present window.", *a.up, asset);
        auto const bound = [&](char const* which, std::optional<double> value) {
            if (!value) return;
            auto labels = asset;
            labels.push_back({"bound", which});
            out.gauge(
                "up_probability_bound_ratio",
                "P(UP) had the volatility forecast been off by its usual error.",
                *value,
                labels
            );
        };
        bound("low", a.up_low);
        bound("high", a.up_high);
        auto const age = [&](char const* what, std::optional<Nanos> value) {
            if (!value) return;
            auto labels = asset;
            labels.push_back({"data", what});
            out.gauge("data_age_seconds", "Age of the newest data.", seconds(*value), labels);
        };
        age("book", a.book_age);
        age("price", a.price_age);
        auto const quote = [&](char const* outcome, Quote const& q, std::optional<double> edge) {
            auto const put = [&](char const* side, std::optional<Level> const& level) {
                if (!level) return;
                auto labels = asset;
                labels.push_back({"outcome", outcome});
                labels.push_back({"side", side});
                out.gauge(
                    "quote_usdc", "Best price of an outcome.", to_double(level->price), labels
                );
            };
            put("bid", q.bid);
            put("ask", q.ask);
            if (!edge) return;
            auto labels = asset;
            labels.push_back({"outcome", outcome});
            out.gauge("edge_usdc", "P less ask less fee, a share.", *edge, labels);
        };
        quote("up", a.up_quote, a.up_edge);
        quote("down", a.down_quote, a.down_edge);
    }
}

void describe_strategies(Exposition& out, Figures const& f) {
    for (auto const& s : f.status.strategies) {
        Labels const name{{"strategy", s.name}};
        out.gauge("strategy_enabled", "1 unless switched off.", s.enabled, name);
        out.gauge("strategy_halted", "1 while a safety rule has stopped it.", s.halted, name);
        out.gauge(
            "strategy_bankroll_usdc", "Cash and what open positions cost.", usdc(s.bankroll), name
        );
        out.gauge(
            "strategy_profit_usdc", "Realised under its present parameters.", usdc(s.pnl), name
        );
        auto const bets = s.wins + s.losses;
        if (bets > 0)
            out.gauge(
                "strategy_win_ratio",
                "Positions won, under its present parameters.",
                number(s.wins) / number(bets),
                name
            );
        if (s.orders_sent > 0)
            out.gauge(
                "strategy_fill_ratio",
                "Orders with a fill, under its present parameters.",
                number(s.orders_filled) / number(s.orders_sent),
                name
            );
        out.gauge(
            "strategy_pending",
            "Orders in flight and positions not settled.",
            number(s.pending),
            name
        );
        for (std::size_t i = 0; i < reason_count; ++i) {
            auto const reason = static_cast<Reason>(i);
            if (s.reasons[reason] == 0) continue;
            auto labels = name;
            labels.push_back({"reason", std::string{to_string(reason)}});
            out.counter(
                "evaluations_total",
                "Answers of a strategy: an order, or why there was none.",
                number(s.reasons[reason]),
                labels
            );
        }
        auto const& c = s.calibration;
        out.gauge(
            "calibration_state",
            "0 its promises are believed, 1 sizes reduced, 2 stopped; the worst of all coins.",
            static_cast<double>(c.state),
            name
        );
        out.gauge(
            "calibration_evidence_ratio",
            "Sequential test: evidence against its promises; 1 is none.",
            c.evidence,
            name
        );
        out.gauge("calibration_bets", "Bets judged.", number(c.bets), name);
        if (c.bets == 0) continue;
        out.gauge("calibration_promised_ratio", "Mean promised win rate.", c.promised, name);
        out.gauge("calibration_won_ratio", "Win rate that came.", c.won, name);
    }
}

void describe_activity(Exposition& out, Figures const& f) {
    for (auto const& [field, a] : f.activity) {
        Labels const labels{{"strategy", field.strategy}, {"asset", field.asset}};
        auto const with = [&](char const* key, std::string value) {
            auto more = labels;
            more.push_back({key, std::move(value)});
            return more;
        };
        out.counter("orders_total", "Orders booked.", number(a.orders), labels);
        out.counter("orders_filled_total", "Orders with a fill.", number(a.orders_filled), labels);
        out.counter("fills_total", "Fills.", number(a.fills), labels);
        out.counter("traded_usdc_total", "Without fees.", usdc(a.bought), with("side", "buy"));
        out.counter("traded_usdc_total", "Without fees.", usdc(a.sold), with("side", "sell"));
        out.counter("fees_usdc_total", "Fees of fills.", usdc(a.fees), labels);
        out.counter("positions_settled_total", "Settled.", number(a.won), with("result", "won"));
        out.counter("positions_settled_total", "Settled.", number(a.lost), with("result", "lost"));
        out.gauge(
            "settled_profit_usdc",
            "Payouts less cost of positions settled since the start.",
            usdc(a.settled_profit),
            labels
        );
        for (auto const& [reason, n] : a.not_filled)
            out.counter(
                "orders_unfilled_total",
                "Orders that ended without a fill, by reason.",
                number(n),
                with("reason", std::string{to_string(reason)})
            );
        for (auto const& [reason, n] : a.evaluations)
            out.counter(
                "window_evaluations_total",
                "Answers by coin, booked at each window's end.",
                number(n),
                with("reason", std::string{to_string(reason)})
            );
    }
}

void describe_plumbing(Exposition& out, Figures const& f) {
    out.gauge("open_orders", "Orders not over.", number(f.open_orders));
    out.gauge("unknown_orders", "Sent, without an answer to trust.", number(f.unknown_orders));
    out.gauge("open_positions", "Positions not settled.", number(f.positions));
    out.gauge("windows_pending", "Closed, outcome not known yet.", number(f.windows_pending));
    out.gauge(
        "oldest_unsettled_seconds",
        "Since the close of the oldest window of which shares are held; 0: none.",
        f.oldest_unsettled ? seconds(*f.oldest_unsettled) : 0
    );
    out.counter(
        "settlements_contradicted_total",
        "Windows in which the venue's winner was not ours.",
        number(f.settlements_contradicted)
    );
    out.gauge("redeemable_usdc", "Won, and not back in the wallet.", usdc(f.status.redeemable));
    out.gauge(
        "redemptions_in_flight",
        "Markets whose redemption is on its way.",
        number(f.status.redeeming)
    );
    out.gauge(
        "markets_unresolved",
        "Over, and the venue has named no result.",
        number(f.status.unresolved)
    );
    out.gauge(
        "markets_disputed",
        "Sources disagree about the result: nothing is redeemed.",
        number(f.status.disputed)
    );
    if (f.books_agree)
        out.gauge(
            "books_agree", "1 while our books equal the venue's; 0 closes the gate.", *f.books_agree
        );
    if (f.clock_offset)
        out.gauge("clock_offset_seconds", "Our clock less the venue's.", seconds(*f.clock_offset));
    for (auto const& t : f.topics)
        out.gauge(
            "feed_healthy",
            "0 while a feed's topic is silent or has lost continuity.",
            t.healthy,
            {{"feed", t.feed}, {"topic", t.topic}}
        );
    for (auto const& b : f.status.breakers)
        out.gauge(
            "breaker_state",
            "0 closed, 1 probing, 2 open.",
            state_number(b.state),
            {{"endpoint", b.endpoint_group}}
        );
    for (auto const& b : f.breaker_openings)
        out.counter(
            "breaker_openings_total", "Since the start.", number(b.count), {{"endpoint", b.name}}
        );
    for (auto const& c : f.calls)
        out.counter(
            "api_calls_total",
            "Calls by endpoint group and HTTP status, or what came instead.",
            number(c.calls),
            {{"endpoint", c.endpoint}, {"status", c.outcome}}
        );
    for (auto const& q : f.queues)
        out.gauge("queue_depth", "Waiting.", number(q.depth), {{"queue", q.name}});
    out.counter(
        "tape_records_lost_total", "Events missing on the recording.", number(f.tape_records_lost)
    );
}

void describe_plane(Exposition& out, PlaneFigures const& p) {
    for (auto const& n : p.notices)
        out.counter(
            "notices_total",
            "Messages of alerts, by channel.",
            number(n.calls),
            {{"channel", n.endpoint}, {"result", n.outcome}}
        );
    for (auto const& a : p.alerts)
        out.gauge(
            "alert_active",
            "1 while the engine's own alert is active.",
            number(a.count),
            {{"alert", a.name}}
        );
    out.gauge("dashboard_clients", "Pages that are open.", number(p.dashboard_clients));
    auto const& process = p.process;
    auto const maybe = [&](char const* name, char const* help, auto const& value) {
        if (value) out.gauge(name, help, static_cast<double>(*value));
    };
    if (process.cpu_seconds)
        out.counter("process_cpu_seconds_total", "User and system time.", *process.cpu_seconds);
    maybe("process_resident_memory_bytes", "Resident memory.", process.resident_bytes);
    maybe("process_virtual_memory_bytes", "Virtual memory.", process.virtual_bytes);
    maybe("process_open_fds", "Open file descriptors.", process.open_files);
    maybe("process_max_fds", "Most there may be.", process.max_files);
    maybe("process_start_time_seconds", "Unix time.", process.start_time_seconds);
    maybe("disk_free_bytes", "Where the state lies.", process.disk_free_bytes);
    maybe("disk_size_bytes", "Where the state lies.", process.disk_size_bytes);
}

} // namespace

std::string exposition(Figures const& figures, PlaneFigures const& plane, Instant now) {
    Exposition out;
    describe_engine(out, figures, now);
    describe_assets(out, figures);
    describe_strategies(out, figures);
    describe_activity(out, figures);
    describe_plumbing(out, figures);
    describe_plane(out, plane);
    return out.text();
}

} // namespace polyquant::metrics
