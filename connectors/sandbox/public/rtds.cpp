#include "connectors/sandbox/public/rtds.hpp"

#include "connectors/json/writer.hpp"
#include "connectors/sandbox/server_faults.hpp"

#include <array>

namespace polyquant::sandbox {

namespace {

using net::server::WsPeer;

constexpr std::uint64_t lost_of_hundred = 3;
constexpr Seconds chainlink_backfill{59};
constexpr Seconds binance_backfill{120};
// "84418.21" as an integer scaled by 1e18.
constexpr auto eighteen_from_eight = "0000000000";

} // namespace

std::optional<Rtds::Topic> Rtds::parse_topic(std::string_view name) {
    for (auto const topic : {Topic::binance, Topic::spot, Topic::twap_sixty, Topic::twap_thirty})
        if (name_of(topic) == name) return topic;
    return std::nullopt;
}

std::string_view Rtds::name_of(Topic topic) {
    switch (topic) {
    case Topic::binance: return "crypto_prices";
    case Topic::spot: return "crypto_prices_chainlink";
    case Topic::twap_sixty: return "crypto_prices_twap_sixty";
    case Topic::twap_thirty: return "crypto_prices_twap_thirty";
    }
    std::abort();
}

std::string Rtds::symbol_of(Topic topic, Asset asset) {
    auto const name = std::string{lower_name(asset)};
    return topic == Topic::binance ? name + "usdt" : name + "/usd";
}

SettlementRule Rtds::rule_of(Topic topic) {
    if (topic == Topic::twap_sixty) return twap_rule(Seconds{60});
    if (topic == Topic::twap_thirty) return twap_rule(Seconds{30});
    return spot_rule();
}

net::server::WsOptions Rtds::socket_options() {
    net::server::WsOptions options;
    options.ping_text = "PING";
    options.pong_text = "PONG";
    return options;
}

void Rtds::on_open(std::shared_ptr<WsPeer> peer) {
    listeners_.add(std::move(peer));
}

void Rtds::on_closed(WsPeer& peer, int) {
    listeners_.remove(peer);
}

std::optional<Rtds::Interest> Rtds::read_interest(Topic topic, std::string_view filters) {
    Interest interest{topic, std::nullopt, filters.find(' ') != std::string_view::npos};
    if (filters.empty()) return interest;
    simdjson::dom::parser parser;
    auto const filter = json::parse(parser, filters, "rtds");
    if (!filter) return std::nullopt;
    auto const symbol = json::text(*filter, "symbol");
    for (auto const asset : all_assets)
        if (symbol == symbol_of(topic, asset)) interest.asset = asset;
    // A list of symbols, or one that this topic writes differently, yields nothing at all.
    if (!interest.asset) return std::nullopt;
    return interest;
}

void Rtds::on_text(WsPeer& peer, std::string_view text) {
    auto* const session = listeners_.find(peer);
    if (!session) return;
    simdjson::dom::parser parser;
    auto const frame = json::parse(parser, text, "rtds");
    simdjson::dom::array all;
    if (!frame || (*frame)["subscriptions"].get_array().get(all) != simdjson::SUCCESS) {
        peer.send(R"({"body":{"message":"invalid message"},"statusCode":400})");
        return;
    }
    auto const adds = json::text(*frame, "action") == "subscribe";
    // One unknown topic spoils the whole array.
    for (auto subscription : all) {
        auto const name = json::text(subscription, "topic");
        if (parse_topic(name)) continue;
        json::Writer w;
        w.begin_object().key("body").begin_object();
        w.text("message", "topic " + std::string{name} + " not found").end_object();
        w.whole("statusCode", 401).end_object();
        peer.send(w.take());
        return;
    }
    for (auto subscription : all) {
        auto const topic = *parse_topic(json::text(subscription, "topic"));
        auto const interest = read_interest(topic, json::text(subscription, "filters"));
        if (!interest) continue;
        if (!adds) {
            std::erase_if(session->interests, [&](Interest const& known) {
                return known.topic == interest->topic && known.asset == interest->asset;
            });
            continue;
        }
        session->interests.push_back(*interest);
        send_backfill(peer, *interest);
    }
}

std::optional<UsdPrice> Rtds::value(Topic topic, Asset asset, UtcTime at) const {
    if (topic != Topic::binance) return stage_.world.oracle().value(asset, rule_of(topic), at);
    auto const& trades = stage_.world.coin(asset).trades();
    if (trades.empty()) return std::nullopt;
    return trades.back().price;
}

std::vector<OraclePoint> Rtds::recent(Topic topic, Asset asset) const {
    auto const now = stage_.world.now();
    if (topic != Topic::binance) {
        return stage_.world.oracle().history(asset, rule_of(topic), now - chainlink_backfill, now);
    }
    std::vector<OraclePoint> points;
    for (auto const& bar : stage_.world.coin(asset).last_bars(
             Seconds{1}, static_cast<std::size_t>(binance_backfill.count())
         ))
        points.push_back({bar.open_time, bar.close});
    return points;
}

void Rtds::send_backfill(WsPeer& peer, Interest const& interest) {
    // Without a filter only the first coin's past is sent.
    auto const asset = interest.asset.value_or(Asset::btc);
    auto const symbol = symbol_of(interest.topic, asset);
    // The spot backfill goes out under the other topic's name; the symbol tells.
    auto const label =
        interest.topic == Topic::spot ? name_of(Topic::binance) : name_of(interest.topic);
    auto const now = told_time(Service::rtds, stage_.faults, stage_.world.now());
    json::Writer w;
    w.begin_object().text("topic", label).text("type", "subscribe");
    w.whole("timestamp", unix_millis(now)).key("payload").begin_object();
    w.text("symbol", symbol).key("data").begin_array();
    for (auto const& point : recent(interest.topic, asset)) {
        w.begin_object().whole("timestamp", unix_millis(point.at));
        w.raw("value", to_string(point.price)).end_object();
    }
    w.end_array().end_object().end_object();
    peer.send(w.take(), std::string{name_of(interest.topic)} + "/" + symbol);
}

std::string
Rtds::update_frame(WsPeer const& peer, Topic topic, Asset asset, OraclePoint const& point) const {
    auto const now = told_time(Service::rtds, stage_.faults, stage_.world.now());
    auto const exact = to_string(point.price);
    json::Writer w;
    w.begin_object().text("topic", name_of(topic)).text("type", "update");
    w.whole("timestamp", unix_millis(now));
    w.text("connection_id", "sandbox-" + std::to_string(peer.id()));
    w.key("payload").begin_object().text("symbol", symbol_of(topic, asset));
    w.whole("timestamp", unix_millis(point.at)).raw("value", exact);
    w.text(
        "full_accuracy_value",
        topic == Topic::binance ? exact : std::to_string(point.price.e8()) + eighteen_from_eight
    );
    auto const length = rule_of(topic).twap_length.count();
    if (length > 0) w.whole("window_s", length);
    w.end_object().end_object();
    return w.take();
}

void Rtds::on_print(UtcTime at) {
    for (auto const topic : {Topic::binance, Topic::spot, Topic::twap_sixty, Topic::twap_thirty}) {
        for (auto const asset : stage_.world.options().assets) {
            if (random_.below(100) < lost_of_hundred) continue;
            auto const price = value(topic, asset, at);
            if (!price) continue;
            for (auto& [id, listener] : listeners_) {
                for (auto const& interest : listener.session.interests) {
                    auto const fits = interest.topic == topic && !interest.is_mute &&
                                      (!interest.asset || *interest.asset == asset);
                    if (!fits) continue;
                    listener.peer->send(
                        update_frame(*listener.peer, topic, asset, {at, *price}),
                        std::string{name_of(topic)} + "/" + symbol_of(topic, asset)
                    );
                    break;
                }
            }
        }
    }
}

} // namespace polyquant::sandbox
