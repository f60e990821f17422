#include "connectors/sandbox/public/binance_stream.hpp"

#include "connectors/json/writer.hpp"
#include "connectors/sandbox/public/binance_rest.hpp"
#include "connectors/sandbox/server_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace polyquant::sandbox {

namespace {

using net::server::WsPeer;

constexpr std::size_t streams_max = 1024;
constexpr std::size_t messages_per_second_max = 5;
constexpr auto age_max = std::chrono::hours{24};
constexpr Seconds warned_before{10};
constexpr int policy_violation = 1008;

std::string stream_name(Asset asset, std::string_view what) {
    auto name = std::string{lower_name(asset)} + "usdt@";
    return name.append(what);
}

// "btcusdt@kline_1m": the venue checks the form only, an unknown coin is just silent.
bool is_stream_name(std::string_view text) {
    auto const at = text.find('@');
    if (at == 0 || at == std::string_view::npos || at + 1 == text.size()) return false;
    return std::ranges::all_of(text.substr(0, at), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
}

// Clients number their requests or name them; it goes back as it came.
std::string id_of(json::Element request) {
    if (auto const number = json::whole(request, "id")) return std::to_string(*number);
    auto const name = json::text(request, "id");
    return name.empty() ? "null" : json::quoted(name);
}

std::string refusal(json::Element request, int code, std::string_view words) {
    json::Writer w;
    w.begin_object().key("error").begin_object();
    w.whole("code", code).text("msg", words).end_object();
    w.raw("id", id_of(request)).end_object();
    return w.take();
}

} // namespace

net::server::WsOptions BinanceStream::socket_options() {
    net::server::WsOptions options;
    options.ping_every = Seconds{20};
    options.pong_max = Seconds{60};
    options.pong_close_code = policy_violation;
    options.age_max = age_max;
    return options;
}

void BinanceStream::add_to(net::server::Router& router) {
    for (auto const* const path : {"/ws", "/ws/{stream}", "/stream"})
        router.add_socket(path, *this, socket_options());
}

void BinanceStream::on_open(std::shared_ptr<WsPeer> peer) {
    auto const& call = peer->upgrade();
    listeners_.add(peer);
    auto& session = *listeners_.find(*peer);
    session.opened_at = stage_.clock.now();
    session.is_combined = call.path.starts_with("/stream");
    auto names = std::string{
        session.is_combined ? call.field("streams").value_or("") : call.parameter("stream")
    };
    for (std::size_t begin = 0; begin < names.size();) {
        auto const end = std::min(names.find('/', begin), names.size());
        if (end > begin) session.streams.insert(names.substr(begin, end - begin));
        begin = end + 1;
    }
    if (session.streams.size() > streams_max) peer->close(policy_violation, "too many streams");
}

void BinanceStream::on_closed(WsPeer& peer, int) {
    listeners_.remove(peer);
}

void BinanceStream::on_text(WsPeer& peer, std::string_view text) {
    auto* const session = listeners_.find(peer);
    if (!session) return;
    auto const now = stage_.clock.now();
    auto& recent = session->messages;
    while (!recent.empty() && now - recent.front() >= Seconds{1})
        recent.pop_front();
    recent.push_back(now);
    if (recent.size() > messages_per_second_max) {
        peer.close(policy_violation, "Too many requests");
        return;
    }
    simdjson::dom::parser parser;
    auto const request = json::parse(parser, text, "binance.stream");
    if (!request || !request->is_object()) {
        peer.send(R"({"error":{"code":3,"msg":"Invalid JSON: expected value"}})");
        return;
    }
    answer(peer, *session, *request);
}

void BinanceStream::answer(WsPeer& peer, Session& session, json::Element request) {
    auto const method = json::text(request, "method");
    auto const id = id_of(request);
    auto const params = json::strings(request, "params");
    if (method == "LIST_SUBSCRIPTIONS") {
        json::Writer w;
        w.begin_object().key("result").begin_array();
        for (auto const& stream : session.streams)
            w.text(stream);
        w.end_array().raw("id", id).end_object();
        peer.send(w.take());
        return;
    }
    if (method != "SUBSCRIBE" && method != "UNSUBSCRIBE") {
        peer.send(refusal(request, 2, "Invalid request: unknown variant"));
        return;
    }
    if (!params || !std::ranges::all_of(*params, is_stream_name)) {
        peer.send(refusal(request, 2, "Invalid request: invalid stream"));
        return;
    }
    for (auto const& stream : *params) {
        if (method == "SUBSCRIBE")
            session.streams.insert(stream);
        else
            session.streams.erase(stream);
    }
    if (session.streams.size() > streams_max) {
        peer.close(policy_violation, "too many streams");
        return;
    }
    peer.send(fmt::format(R"({{"result":null,"id":{}}})", id));
}

bool BinanceStream::is_wanted(std::string_view stream) {
    return std::ranges::any_of(listeners_, [&](auto const& entry) {
        return entry.second.session.streams.contains(stream);
    });
}

void BinanceStream::publish(std::string const& stream, std::string const& data) {
    for (auto& [id, listener] : listeners_) {
        auto const& session = listener.session;
        if (!session.streams.contains(stream)) continue;
        auto text = session.is_combined
                        ? fmt::format(R"({{"stream":"{}","data":{}}})", stream, data)
                        : data;
        listener.peer->send(std::move(text), stream);
    }
}

std::int64_t BinanceStream::told_ms() const {
    return unix_millis(told_time(Service::binance_stream, stage_.faults, stage_.world.now()));
}

void BinanceStream::on_trade(Asset asset, CoinTrade const& trade) {
    auto const aggregated = stream_name(asset, "aggTrade");
    auto const single = stream_name(asset, "trade");
    auto const price = eight_decimals(trade.price.e8());
    auto const quantity = eight_decimals(trade.quantity_e8);
    auto const at = unix_millis(trade.at);
    if (is_wanted(aggregated)) {
        publish(
            aggregated,
            fmt::format(
                R"({{"e":"aggTrade","E":{0},"s":"{1}","a":{2},"p":"{3}","q":"{4}","f":{2},"l":{2},)"
                R"("T":{5},"m":{6},"M":true}})",
                told_ms(),
                binance_symbol(asset),
                trade.id,
                price,
                quantity,
                at,
                trade.buyer_is_maker
            )
        );
    }
    if (is_wanted(single)) {
        publish(
            single,
            fmt::format(
                R"({{"e":"trade","E":{},"s":"{}","t":{},"p":"{}","q":"{}","T":{},"m":{},"M":true}})",
                told_ms(),
                binance_symbol(asset),
                trade.id,
                price,
                quantity,
                at,
                trade.buyer_is_maker
            )
        );
    }
}

void BinanceStream::on_quote(Asset asset, CoinQuote const& quote) {
    auto const stream = stream_name(asset, "bookTicker");
    if (!is_wanted(stream)) return;
    publish(
        stream,
        fmt::format(
            R"({{"u":{},"s":"{}","b":"{}","B":"{}","a":"{}","A":"{}"}})",
            quote.update_id,
            binance_symbol(asset),
            eight_decimals(quote.bid.e8()),
            eight_decimals(quote.bid_quantity_e8),
            eight_decimals(quote.ask.e8()),
            eight_decimals(quote.ask_quantity_e8)
        )
    );
}

void BinanceStream::on_bar(Asset asset, CoinBar const& bar, bool closed) {
    if (bar.length == Seconds{1}) {
        publish_bar(asset, bar, "1s", closed);
        return;
    }
    publish_bar(asset, bar, "1m", closed);
    for (auto const* const interval : {"3m", "5m", "15m", "30m", "1h"}) {
        auto const stream = stream_name(asset, std::string{"kline_"} + interval);
        if (!is_wanted(stream)) continue;
        auto const length = *bar_length(interval);
        auto const open = bar.open_time - (bar.open_time.time_since_epoch() % length);
        auto const longer = stage_.world.coin(asset).bars(length, open, open, 1);
        if (longer.empty()) continue;
        auto const ends_with_it = closed && longer[0].close_time() == bar.close_time();
        publish_bar(asset, longer[0], interval, ends_with_it);
    }
    warn_of_old_age();
}

void BinanceStream::publish_bar(
    Asset asset, CoinBar const& bar, std::string_view interval, bool closed
) {
    auto const stream = stream_name(asset, "kline_" + std::string{interval});
    if (!is_wanted(stream)) return;
    publish(
        stream,
        fmt::format(
            R"({{"e":"kline","E":{},"s":"{}","k":{{"t":{},"T":{},"s":"{}","i":"{}","f":{},"L":{},)"
            R"("o":"{}","c":"{}","h":"{}","l":"{}","v":"{}","n":{},"x":{},"q":"{}","V":"{}",)"
            R"("Q":"{}","B":"0"}}}})",
            told_ms(),
            binance_symbol(asset),
            unix_millis(bar.open_time),
            unix_millis(bar.close_time()) - 1,
            binance_symbol(asset),
            interval,
            bar.first_trade,
            bar.last_trade,
            eight_decimals(bar.open.e8()),
            eight_decimals(bar.close.e8()),
            eight_decimals(bar.high.e8()),
            eight_decimals(bar.low.e8()),
            eight_decimals(bar.volume_e8),
            bar.trades,
            closed,
            eight_decimals(bar.quote_volume_e8),
            eight_decimals(bar.taker_buy_e8),
            eight_decimals(bar.taker_buy_quote_e8)
        )
    );
}

void BinanceStream::warn_of_old_age() {
    auto const now = stage_.clock.now();
    for (auto& [id, listener] : listeners_) {
        auto& session = listener.session;
        if (session.was_warned || now - session.opened_at < age_max - warned_before) continue;
        session.was_warned = true;
        listener.peer->send(fmt::format(R"({{"e":"serverShutdown","E":{}}})", told_ms()));
    }
}

} // namespace polyquant::sandbox
