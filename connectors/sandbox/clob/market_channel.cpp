#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"
#include "connectors/sandbox/clob/channels.hpp"
#include "connectors/sandbox/clob/clob_text.hpp"

#include <fmt/format.h>

#include <iterator>

namespace polyquant::sandbox {

namespace {

using net::server::WsPeer;

constexpr int policy_violation = 1008;

std::string_view side_text(BookSide side) {
    return side == BookSide::bid ? "BUY" : "SELL";
}

std::string price_text(std::optional<Level> const& level) {
    return level ? to_string(level->price) : std::string{"0"};
}

std::string ask_text(std::optional<Level> const& level) {
    return level ? to_string(level->price) : std::string{"1"};
}

std::string tokens_json(WorldMarket const& market) {
    return fmt::format(
        R"(["{}","{}"])", to_string(market.market.up), to_string(market.market.down)
    );
}

} // namespace

void MarketChannel::hear(ExchangeNews const& news) {
    if (auto const* levels = std::get_if<LevelsChanged>(&news))
        on(*levels);
    else if (auto const* trade = std::get_if<TradePrinted>(&news))
        on(*trade);
    else if (auto const* tick = std::get_if<TickChanged>(&news))
        on(*tick);
    else if (auto const* opened = std::get_if<MarketOpened>(&news))
        on(*opened);
    else if (auto const* decided = std::get_if<MarketDecided>(&news))
        on(*decided);
}

void MarketChannel::on_closed(WsPeer& peer, int) {
    auto const at = clients_.find(peer.id());
    if (at == clients_.end()) return;
    for (auto const& token : at->second.tokens) {
        auto const watchers = watchers_.find(token);
        watchers->second.erase(peer.id());
        if (watchers->second.empty()) watchers_.erase(watchers);
    }
    clients_.erase(at);
}

// {"type":"market","assets_ids":[..]} first, {"operation":"subscribe"|"unsubscribe",..} later.
void MarketChannel::on_text(WsPeer& peer, std::string_view text) {
    auto const at = clients_.find(peer.id());
    if (at == clients_.end()) return;
    auto& client = at->second;
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, text, "sandbox.clob");
    if (!root || !root->is_object()) {
        peer.close(policy_violation, "INVALID MESSAGE");
        return;
    }
    auto names = json::strings(*root, "assets_ids");
    if (!names) names = json::strings(*root, "asset_ids");
    std::vector<TokenId> tokens;
    for (auto const& name : names.value_or(std::vector<std::string>{})) {
        TokenId token;
        if (json::parse_token(name, token)) tokens.push_back(token);
    }
    if (auto const custom = json::flag(*root, "custom_feature_enabled")) client.custom = *custom;
    if (json::text(*root, "operation") == "unsubscribe") {
        for (auto const& token : tokens) {
            if (client.tokens.erase(token) == 0) continue;
            auto const watchers = watchers_.find(token);
            watchers->second.erase(peer.id());
            if (watchers->second.empty()) watchers_.erase(watchers);
        }
        return;
    }
    subscribe(client, tokens, json::flag(*root, "initial_dump").value_or(true));
}

void MarketChannel::subscribe(Client& client, std::vector<TokenId> const& tokens, bool dump) {
    std::string books;
    for (auto const& token : tokens) {
        client.tokens.insert(token);
        watchers_[token].insert(client.peer->id());
        auto const* market = world_.markets().find_token(token);
        if (market == nullptr || market->phase == Phase::listed || market->phase == Phase::resolved)
            continue;
        books += books.empty() ? "[" : ",";
        books += book_json(world_.exchange(), *market, token, world_.now(), true);
    }
    if (!dump || tokens.empty()) return;
    auto const topic = "book/" + to_string(tokens.front());
    client.peer->send(books.empty() ? "[]" : books + "]", topic);
}

bool MarketChannel::is_watched(WorldMarket const& market) const {
    return watchers_.contains(market.market.up) || watchers_.contains(market.market.down);
}

void MarketChannel::broadcast(
    WorldMarket const& market, std::string const& text, std::string_view topic, bool custom_only
) {
    std::set<std::uint64_t> reached;
    for (auto const outcome : {Outcome::up, Outcome::down}) {
        auto const watchers = watchers_.find(market.market.token(outcome));
        if (watchers == watchers_.end()) continue;
        for (auto const id : watchers->second) {
            auto const& client = clients_.at(id);
            if ((!custom_only || client.custom) && reached.insert(id).second)
                client.peer->send(text, topic);
        }
    }
}

void MarketChannel::send_to(TokenId const& token, std::string const& text, std::string_view topic) {
    auto const watchers = watchers_.find(token);
    if (watchers == watchers_.end()) return;
    for (auto const id : watchers->second)
        clients_.at(id).peer->send(text, topic);
}

// Each level stands in both tokens' books; the frame carries both.
void MarketChannel::on(LevelsChanged const& news) {
    auto const* market = world_.markets().find(news.market);
    if (market == nullptr || !is_watched(*market)) return;
    auto const& exchange = world_.exchange();
    // The book first: its last trade is part of the hashes that follow.
    if (news.whole_book)
        for (auto const outcome : {Outcome::up, Outcome::down}) {
            auto const& token = market->market.token(outcome);
            if (!watchers_.contains(token)) continue;
            send_to(
                token,
                book_json(exchange, *market, token, news.at, true),
                "book/" + to_string(token)
            );
        }
    if (!news.levels.empty()) {
        std::string changes;
        for (auto const outcome : {Outcome::up, Outcome::down}) {
            auto const& token = market->market.token(outcome);
            auto const top = exchange.top(token);
            auto const hash = crypto::to_hex(print_book(exchange, *market, token, news.at).hash);
            auto const mirrored = outcome == Outcome::down;
            for (auto const& level : news.levels) {
                auto const is_bid = (level.side == BookSide::bid) != mirrored;
                fmt::format_to(
                    std::back_inserter(changes),
                    R"({}{{"asset_id":"{}","price":"{}","size":"{}","side":"{}","hash":"{}",)"
                    R"("best_bid":"{}","best_ask":"{}"}})",
                    changes.empty() ? "" : ",",
                    to_string(token),
                    to_string(mirrored ? level.price.complement() : level.price),
                    to_string(level.size),
                    side_text(is_bid ? BookSide::bid : BookSide::ask),
                    hash,
                    price_text(top.bid),
                    ask_text(top.ask)
                );
            }
        }
        auto const frame = fmt::format(
            R"({{"event_type":"price_change","market":"{}","timestamp":"{}","price_changes":[{}]}})",
            to_string(news.market),
            unix_millis(news.at),
            changes
        );
        broadcast(*market, frame, "price_change/" + market->market.slug, false);
    }
    send_top(*market, news.at);
}

void MarketChannel::send_top(WorldMarket const& market, UtcTime at) {
    for (auto const outcome : {Outcome::up, Outcome::down}) {
        auto const& token = market.market.token(outcome);
        auto const top = world_.exchange().top(token);
        auto const [known, fresh] = tops_.try_emplace(token, top);
        auto const price_of = [](std::optional<Level> const& level) {
            return level ? std::optional{level->price} : std::nullopt;
        };
        auto const same = !fresh && price_of(known->second.bid) == price_of(top.bid) &&
                          price_of(known->second.ask) == price_of(top.ask);
        known->second = top;
        if (same) continue;
        auto const wide = top.bid && top.ask ? top.ask->price - top.bid->price : Price{};
        auto const text = fmt::format(
            R"({{"event_type":"best_bid_ask","market":"{}","asset_id":"{}","best_bid":"{}",)"
            R"("best_ask":"{}","spread":"{}","timestamp":"{}"}})",
            to_string(market.market.condition),
            to_string(token),
            price_text(top.bid),
            ask_text(top.ask),
            to_string(wide),
            unix_millis(at)
        );
        auto const watchers = watchers_.find(token);
        if (watchers == watchers_.end()) continue;
        for (auto const id : watchers->second)
            if (clients_.at(id).custom)
                clients_.at(id).peer->send(text, "best_bid_ask/" + to_string(token));
    }
}

void MarketChannel::on(TradePrinted const& news) {
    auto const text = fmt::format(
        R"({{"event_type":"last_trade_price","market":"{}","asset_id":"{}","price":"{}",)"
        R"("size":"{}","side":"{}","fee_rate_bps":"0","timestamp":"{}"}})",
        to_string(news.market),
        to_string(news.token),
        to_string(news.price),
        to_string(news.size),
        news.taker_side == Side::buy ? "BUY" : "SELL",
        unix_millis(news.at)
    );
    send_to(news.token, text, "trade/" + to_string(news.token));
}

void MarketChannel::on(TickChanged const& news) {
    auto const* market = world_.markets().find(news.market);
    if (market == nullptr) return;
    for (auto const outcome : {Outcome::up, Outcome::down}) {
        auto const& token = market->market.token(outcome);
        auto const text = fmt::format(
            R"({{"event_type":"tick_size_change","market":"{}","asset_id":"{}",)"
            R"("old_tick_size":"{}","new_tick_size":"{}","timestamp":"{}"}})",
            to_string(news.market),
            to_string(token),
            to_string(news.old_tick),
            to_string(news.new_tick),
            unix_millis(news.at)
        );
        send_to(token, text, "tick/" + to_string(token));
        // Orders of the old grid are gone with it: the book begins anew.
        if (watchers_.contains(token))
            send_to(
                token,
                book_json(world_.exchange(), *market, token, news.at, true),
                "book/" + to_string(token)
            );
    }
}

void MarketChannel::on(MarketOpened const& news) {
    auto const* market = world_.markets().find(news.market);
    if (market == nullptr) return;
    auto const text = fmt::format(
        R"({{"event_type":"new_market","id":"{}","question":{},"market":"{}","slug":{},)"
        R"("description":{},"assets_ids":{},"outcomes":{},"event_message":{{"id":"{}",)"
        R"("ticker":{},"slug":{},"title":{},"description":{}}},"timestamp":"{}",)"
        R"("tags":["crypto"],"condition_id":"{}","active":true,"clob_token_ids":{},)"
        R"("order_price_min_tick_size":"{}","group_item_title":{},"taker_base_fee":"1000",)"
        R"("fees_enabled":{},"fee_schedule":{}}})",
        market->gamma_id,
        json_text(market->market.question),
        to_string(news.market),
        json_text(market->market.slug),
        json_text(market->description),
        tokens_json(*market),
        json_strings(market->outcomes),
        market->event_id,
        json_text(market->event_slug),
        json_text(market->event_slug),
        json_text(market->title),
        json_text(market->description),
        unix_millis(news.at),
        to_string(news.market),
        tokens_json(*market),
        tick_text(*market),
        json_text(market->group_item),
        market->fees_enabled,
        fee_schedule_json(market->market.fee)
    );
    for (auto const& [id, client] : clients_)
        if (client.custom) client.peer->send(text, "new_market");
}

void MarketChannel::on(MarketDecided const& news) {
    auto const* market = world_.markets().find(news.market);
    if (market == nullptr) return;
    tops_.erase(market->market.up);
    tops_.erase(market->market.down);
    auto const text = fmt::format(
        R"({{"event_type":"market_resolved","id":"{}","market":"{}","assets_ids":{},)"
        R"("winning_asset_id":"{}","winning_outcome":{},"timestamp":"{}","tags":["crypto"]}})",
        market->gamma_id,
        to_string(news.market),
        tokens_json(*market),
        news.winner ? to_string(market->market.token(*news.winner)) : "",
        json_text(news.winner ? outcome_name(*market, market->market.token(*news.winner)) : ""),
        unix_millis(news.at)
    );
    broadcast(*market, text, "market_resolved", true);
}

void add_channels(net::server::Router& router, MarketChannel& market, UserChannel& user) {
    net::server::WsOptions options;
    options.ping_text = "PING";
    options.pong_text = "PONG";
    options.silence_max = Seconds{120};
    router.add_socket("/ws/market", market, options);
    router.add_socket("/ws/user", user, options);
}

} // namespace polyquant::sandbox
