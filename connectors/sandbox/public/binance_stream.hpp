// Binance's market streams: raw, combined, and subscribed at run time.
// https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
#pragma once

#include "connectors/json/dom.hpp"
#include "connectors/net/server/router.hpp"
#include "connectors/sandbox/public/stage.hpp"
#include "connectors/sandbox/public/subscribers.hpp"

#include <deque>
#include <set>
#include <string>

namespace polyquant::sandbox {

class BinanceStream final : public net::server::WsService {
public:
    explicit BinanceStream(Stage stage) : stage_{stage} {}

    // Pings every 20 s, a minute for the pong, 24 h of life.
    static net::server::WsOptions socket_options();
    // Its routes: /ws, /ws/{stream}, /stream?streams=a/b
    void add_to(net::server::Router& router);

    void on_open(std::shared_ptr<net::server::WsPeer> peer) override;
    void on_text(net::server::WsPeer& peer, std::string_view text) override;
    void on_closed(net::server::WsPeer& peer, int code) override;

    void on_trade(Asset asset, CoinTrade const& trade);
    void on_quote(Asset asset, CoinQuote const& quote);
    void on_bar(Asset asset, CoinBar const& bar, bool closed);

    std::size_t listeners() const { return listeners_.size(); }

private:
    struct Session {
        bool is_combined = false;
        std::set<std::string, std::less<>> streams{};
        std::deque<Instant> messages{}; // of the last second
        Instant opened_at{};
        bool was_warned = false;
    };

    void answer(net::server::WsPeer& peer, Session& session, json::Element request);
    bool is_wanted(std::string_view stream);
    void publish(std::string const& stream, std::string const& data);
    void publish_bar(Asset asset, CoinBar const& bar, std::string_view interval, bool closed);
    void warn_of_old_age();
    std::int64_t told_ms() const;

    Stage stage_;
    Subscribers<Session> listeners_;
};

} // namespace polyquant::sandbox
