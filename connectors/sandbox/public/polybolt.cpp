#include "connectors/sandbox/public/polybolt.hpp"

#include "connectors/json/writer.hpp"
#include "connectors/sandbox/server_faults.hpp"

#include <algorithm>
#include <array>

namespace polyquant::sandbox {

namespace {

using json::Element;
using net::server::WsPeer;

constexpr std::size_t pairs_max = 64;
constexpr std::size_t changes_per_second_max = 20;
constexpr int auth_frames_max = 8;
constexpr std::size_t frame_bytes_max = 64 * 1024;
constexpr Seconds snapshot_length{120};
constexpr int policy_violation = 4008;

constexpr auto spot_channel = "price.crypto";
constexpr auto twap_channel = "price.crypto.twap";

constexpr std::array<std::string_view, 8> symbols{
    "btcusd", "ethusd", "solusd", "xrpusd", "dogeusd", "bnbusd", "hypeusd", "zecusd"
};

// An acknowledgement or an error; `rid` is what the client sent, if anything.
std::string control(std::string_view op, Element frame, std::string_view code = {}) {
    json::Writer w;
    w.begin_object().text("op", op);
    auto const rid = json::text(frame, "rid");
    if (!rid.empty()) w.text("rid", rid);
    if (!code.empty()) w.text("code", code);
    w.end_object();
    return w.take();
}

// What a point says. Chainlink prints eighteen decimals; this world has eight.
void write_point(json::Writer& w, OraclePoint const& point) {
    auto const exact = to_string(point.price);
    w.whole("timestamp", unix_millis(point.at))
        .raw("value", exact)
        .text("full_accuracy_value", exact);
}

std::string topic_of(std::string_view channel, std::string_view symbol) {
    return std::string{channel} + "/" + std::string{symbol};
}

} // namespace

net::server::WsOptions PolyBolt::socket_options() {
    net::server::WsOptions options;
    options.ping_every = Seconds{25};
    options.pong_max = Seconds{50};
    options.pong_close_code = 4002;
    return options;
}

void PolyBolt::on_open(std::shared_ptr<WsPeer> peer) {
    listeners_.add(std::move(peer));
}

void PolyBolt::on_closed(WsPeer& peer, int) {
    listeners_.remove(peer);
}

void PolyBolt::on_text(WsPeer& peer, std::string_view text) {
    auto* const session = listeners_.find(peer);
    if (!session) return;
    simdjson::dom::parser parser;
    auto const frame = json::parse(parser, text, "polybolt");
    if (text.size() > frame_bytes_max || !frame || !frame->is_object()) {
        peer.send(R"({"op":"error","code":"bad_op"})");
        if (text.size() > frame_bytes_max) peer.close(policy_violation, "frame too large");
        return;
    }
    auto const op = json::text(*frame, "op");
    if (op == "auth")
        on_auth(peer, *session, *frame);
    else if (op == "subscribe" || op == "unsubscribe")
        on_change(peer, *session, *frame, op == "subscribe");
    else if (op == "ping")
        peer.send(control("pong", *frame));
    else
        peer.send(control("error", *frame, "bad_op"));
}

void PolyBolt::on_auth(WsPeer& peer, Session& session, Element frame) {
    if (++session.auth_frames > auth_frames_max) {
        peer.send(control("error", frame, "auth_attempts"));
        peer.close(policy_violation, "too many auth frames");
        return;
    }
    auto const auth = json::member(frame, "auth");
    auto const* const key = auth ? stage_.world.exchange().keys().authenticate(
                                       json::text(*auth, "apiKey"),
                                       json::text(*auth, "secret"),
                                       json::text(*auth, "passphrase")
                                   )
                                 : nullptr;
    session.authed = key != nullptr;
    peer.send(key ? control("authed", frame) : control("error", frame, "auth_invalid"));
}

void PolyBolt::on_change(WsPeer& peer, Session& session, Element frame, bool adds) {
    auto const now = stage_.clock.now();
    while (!session.changes.empty() && now - session.changes.front() >= Seconds{1})
        session.changes.pop_front();
    session.changes.push_back(now);
    if (session.changes.size() > changes_per_second_max) {
        peer.send(control("error", frame, "rate_limited"));
        peer.close(policy_violation, "too many frames");
        return;
    }
    if (!session.authed) {
        peer.send(control("error", frame, "auth_required"));
        return;
    }
    simdjson::dom::array all;
    if (frame["subscriptions"].get_array().get(all) != simdjson::SUCCESS) {
        auto const code = change_one(peer, session, frame, adds);
        if (!code.empty()) peer.send(control("error", frame, code));
        return;
    }
    for (auto subscription : all) {
        auto const code = change_one(peer, session, subscription, adds);
        if (code.empty()) continue;
        peer.send(control("error", frame, code));
        if (code == "sub_limit") peer.close(policy_violation, "too many subscriptions");
        return;
    }
}

Result<PolyBolt::Series> PolyBolt::read_series(Element subscription) {
    Series series;
    series.channel = json::text(subscription, "channel");
    auto const is_twap = series.channel == twap_channel;
    if (!is_twap && series.channel != spot_channel) {
        return Failure{Fault::invalid, "bad_channel", {}};
    }
    auto const filter = json::member(subscription, "filter");
    Failure const bad_filter{Fault::invalid, "bad_filter", {}};
    if (!filter || !filter->is_object()) return bad_filter;
    series.symbol = json::text(*filter, "symbol");
    if (std::ranges::find(symbols, series.symbol) == symbols.end()) return bad_filter;
    if (is_twap) {
        if (json::whole(*filter, "window_seconds") != 60) return bad_filter;
        series.rule = twap_rule(Seconds{60});
    }
    // parse_asset knows "btcusdt" and "btc".
    series.asset = parse_asset(std::string_view{series.symbol}.substr(0, series.symbol.size() - 3));
    return series;
}

std::string PolyBolt::change_one(WsPeer& peer, Session& session, Element subscription, bool adds) {
    auto const series = read_series(subscription);
    if (!series) return series.error().where;
    auto const known = std::ranges::find(session.series, *series);
    json::Writer ack;
    ack.begin_object().text("op", adds ? "subscribed" : "unsubscribed");
    ack.text("channel", series->channel).end_object();
    if (!adds) {
        if (known != session.series.end()) session.series.erase(known);
        peer.send(ack.take());
        return {};
    }
    if (known == session.series.end() && session.series.size() >= pairs_max) return "sub_limit";
    peer.send(ack.take());
    if (known != session.series.end()) return {};
    session.series.push_back(*series);
    send_snapshot(peer, session, *series);
    return {};
}

void PolyBolt::send_snapshot(WsPeer& peer, Session& session, Series const& series) {
    auto const now = stage_.world.now();
    std::vector<OraclePoint> points;
    if (series.asset) {
        points =
            stage_.world.oracle().history(*series.asset, series.rule, now - snapshot_length, now);
    }
    json::Writer w;
    w.begin_object()
        .whole("v", 1)
        .text("channel", series.channel)
        .whole("seq", ++session.sequence[series.channel])
        .whole("ts", unix_millis(told_time(Service::polybolt, stage_.faults, now)))
        .flag("snapshot", true);
    w.key("payload").begin_object().text("symbol", series.symbol);
    if (series.rule.kind == SettlementRule::Kind::twap) {
        w.whole("window_seconds", series.rule.twap_length.count());
    }
    w.text("source", "chainlink").key("data").begin_array();
    for (auto const& point : points) {
        w.begin_object();
        write_point(w, point);
        w.end_object();
    }
    w.end_array().end_object().end_object();
    peer.send(w.take(), topic_of(series.channel, series.symbol));
}

void PolyBolt::send_point(
    WsPeer& peer, Session& session, Series const& series, OraclePoint const& point
) {
    auto const now = stage_.world.now();
    json::Writer w;
    w.begin_object()
        .whole("v", 1)
        .text("channel", series.channel)
        .whole("seq", ++session.sequence[series.channel])
        .whole("ts", unix_millis(told_time(Service::polybolt, stage_.faults, now)));
    w.key("payload").begin_object().text("symbol", series.symbol);
    write_point(w, point);
    if (series.rule.kind == SettlementRule::Kind::twap) {
        w.whole("window_seconds", series.rule.twap_length.count());
    }
    w.text("source", "chainlink").end_object().end_object();
    peer.send(w.take(), topic_of(series.channel, series.symbol));
}

void PolyBolt::on_print(UtcTime at) {
    for (auto& [id, listener] : listeners_) {
        for (auto const& series : listener.session.series) {
            if (!series.asset) continue;
            auto const value = stage_.world.oracle().value(*series.asset, series.rule, at);
            if (value) send_point(*listener.peer, listener.session, series, {at, *value});
        }
    }
}

} // namespace polyquant::sandbox
