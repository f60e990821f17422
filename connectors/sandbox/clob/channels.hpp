// The CLOB's two WebSocket channels on the sandbox's world.
// https://docs.polymarket.com/developers/CLOB/websocket
#pragma once

#include "connectors/net/server/router.hpp"
#include "connectors/sandbox/world/world.hpp"

#include <map>
#include <memory>
#include <set>
#include <unordered_map>

namespace polyquant::sandbox {

// What both have in common: their clients by socket, and the exchange's news while there are any.
template <class Client>
class NewsChannel : public net::server::WsService {
public:
    void on_open(std::shared_ptr<net::server::WsPeer> peer) override {
        auto const id = peer->id();
        clients_[id].peer = std::move(peer);
    }

protected:
    explicit NewsChannel(World& world) : world_{world} {
        world.subscribe([this](WorldEvent const& event) {
            auto const* news = std::get_if<ExchangeNews>(&event);
            if (news != nullptr && !clients_.empty()) hear(*news);
        });
    }

    virtual void hear(ExchangeNews const& news) = 0;

    World& world_;
    std::map<std::uint64_t, Client> clients_;
};

struct MarketClient {
    std::shared_ptr<net::server::WsPeer> peer;
    std::set<TokenId> tokens;
    bool custom = false;
};

struct UserClient {
    std::shared_ptr<net::server::WsPeer> peer;
    std::string key;               // empty until authenticated
    std::set<ConditionId> markets; // empty: all
};

// /ws/market. Topics, for scripted faults: "book/<token>", "price_change/<slug>", "trade/<token>",
// "tick/<token>", "best_bid_ask/<token>", "new_market", "market_resolved".
class MarketChannel final : public NewsChannel<MarketClient> {
public:
    explicit MarketChannel(World& world) : NewsChannel{world} {}

    void on_text(net::server::WsPeer& peer, std::string_view text) override;
    void on_closed(net::server::WsPeer& peer, int code) override;

private:
    using Client = MarketClient;

    void hear(ExchangeNews const& news) override;
    void on(LevelsChanged const& news);
    void on(TradePrinted const& news);
    void on(TickChanged const& news);
    void on(MarketOpened const& news);
    void on(MarketDecided const& news);
    void subscribe(Client& client, std::vector<TokenId> const& tokens, bool dump);
    void send_top(WorldMarket const& market, UtcTime at);
    // To all subscribers of either token; `custom_only`: who asked for the extra messages.
    void broadcast(
        WorldMarket const& market, std::string const& text, std::string_view topic, bool custom_only
    );
    void send_to(TokenId const& token, std::string const& text, std::string_view topic);
    bool is_watched(WorldMarket const& market) const;

    std::unordered_map<TokenId, std::set<std::uint64_t>> watchers_;
    std::map<TokenId, BookTop> tops_;
};

// /ws/user. Topics: "order/<market slug>", "trade/<market slug>".
class UserChannel final : public NewsChannel<UserClient> {
public:
    explicit UserChannel(World& world) : NewsChannel{world} {}

    void on_text(net::server::WsPeer& peer, std::string_view text) override;
    void on_closed(net::server::WsPeer& peer, int code) override;

private:
    using Client = UserClient;

    void hear(ExchangeNews const& news) override;
    void on(OwnOrderNews const& news);
    void on(OwnTradeNews const& news);
    void send(
        std::string_view owner,
        ConditionId const& market,
        std::string const& text,
        std::string_view topic
    );
};

// Adds both channels under /ws, with the venue's text pings.
void add_channels(net::server::Router& router, MarketChannel& market, UserChannel& user);

} // namespace polyquant::sandbox
