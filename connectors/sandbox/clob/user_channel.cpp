#include "connectors/json/dom.hpp"
#include "connectors/sandbox/clob/channels.hpp"
#include "connectors/sandbox/clob/clob_text.hpp"

namespace polyquant::sandbox {

namespace {

using net::server::WsPeer;

constexpr int policy_violation = 1008;

} // namespace

void UserChannel::hear(ExchangeNews const& news) {
    if (auto const* order = std::get_if<OwnOrderNews>(&news))
        on(*order);
    else if (auto const* trade = std::get_if<OwnTradeNews>(&news))
        on(*trade);
}

void UserChannel::on_closed(WsPeer& peer, int) {
    clients_.erase(peer.id());
}

// The first frame authenticates; later ones change the markets. The triple is never logged.
void UserChannel::on_text(WsPeer& peer, std::string_view text) {
    auto const at = clients_.find(peer.id());
    if (at == clients_.end()) return;
    auto& client = at->second;
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, text, "sandbox.clob");
    if (!root || !root->is_object()) {
        peer.close(policy_violation, "INVALID MESSAGE");
        return;
    }
    if (auto const auth = json::member(*root, "auth")) {
        auto const* key = world_.exchange().keys().authenticate(
            json::text(*auth, "apiKey"),
            json::text(*auth, "secret"),
            json::text(*auth, "passphrase")
        );
        if (key == nullptr) {
            peer.close(policy_violation, "invalid api key");
            return;
        }
        client.key = key->key;
    }
    if (client.key.empty()) {
        peer.close(policy_violation, "auth is required");
        return;
    }
    auto const markets = json::strings(*root, "markets").value_or(std::vector<std::string>{});
    auto const removes = json::text(*root, "operation") == "unsubscribe";
    for (auto const& name : markets) {
        auto const market = parse_condition_id(name);
        if (!market) continue;
        if (removes)
            client.markets.erase(*market);
        else
            client.markets.insert(*market);
    }
}

void UserChannel::send(
    std::string_view owner,
    ConditionId const& market,
    std::string const& text,
    std::string_view topic
) {
    for (auto const& [id, client] : clients_) {
        auto const wants = client.markets.empty() || client.markets.contains(market);
        if (client.key == owner && wants) client.peer->send(text, topic);
    }
}

void UserChannel::on(OwnOrderNews const& news) {
    auto const* market = world_.markets().find(news.order.market);
    auto const topic = "order/" + (market == nullptr ? std::string{} : market->market.slug);
    send(news.order.owner, news.order.market, order_event_json(news, market), topic);
}

void UserChannel::on(OwnTradeNews const& news) {
    auto const& trade = news.trade;
    auto const* market = world_.markets().find(trade.market);
    auto const topic = "trade/" + (market == nullptr ? std::string{} : market->market.slug);
    for (auto const* leg : {&trade.taker, &trade.maker}) {
        if (leg->owner.empty()) continue;
        send(leg->owner, trade.market, trade_event_json(trade, market, leg->owner, news.at), topic);
        if (trade.maker.owner == trade.taker.owner) return;
    }
}

} // namespace polyquant::sandbox
