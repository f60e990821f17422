// The user channel: what happens to our own orders, as it happens.
// https://docs.polymarket.com/developers/CLOB/websocket/user-channel
#pragma once

#include "connectors/net/ws_session.hpp"
#include "connectors/polymarket/clob/clob_session.hpp"
#include "connectors/polymarket/clob/order_memory.hpp"
#include "connectors/polymarket/clob/own_fills.hpp"
#include "engine/ports/live_feed.hpp"

#include <deque>
#include <functional>
#include <set>
#include <string>

namespace polyquant::polymarket {

// Publishes OwnOrderReport, OwnTradeReport, and FeedState of ("clob.user", "orders"). The same
// statement is published once. A connection that comes (back) and a frame that cannot be read both
// ask for reconciliation: what was said meanwhile is not repeated by the venue.
class UserFeed final : public LiveFeed, net::WsListener {
public:
    struct Options {
        net::Url stream; // wss://ws-subscriptions-clob.polymarket.com, without /ws/user
        Rounding fee_rounding = Rounding::down; // as ClobVenue
        std::size_t remembered_max = 8192;      // statements, to recognise repetitions
        net::WsSession::Options socket = socket_defaults();

        static net::WsSession::Options socket_defaults();
    };

    // Why the account has to be compared with the venue's view of it.
    using Doubt = std::function<void(std::string const& why)>;

    // The session must be open before run(): the subscription carries the API credentials.
    UserFeed(
        net::NetContext context,
        Options options,
        EventSink sink,
        ClobSession& session,
        OrderMemory& memory,
        MarketOf market_of,
        Doubt doubt
    );

    std::string_view name() const override { return "clob.user"; }

    Task<void> run() override { return socket_.run(); }

    bool is_up() const { return socket_.is_up(); }

    std::uint64_t repeated() const { return repeated_; }

private:
    std::vector<std::string> on_up(UtcTime now) override;
    void on_frame(net::WsFrame const& frame) override;
    void on_down(net::Loss const& loss) override;
    void on_attempt_failed(net::Loss const& loss, bool stopped) override;

    void publish(OwnOrder const& order);
    void publish(OwnTrade const& trade);
    bool is_new(std::string statement);
    void say_state(bool healthy, std::string reason);

    net::NetContext context_;
    Options options_;
    EventSink sink_;
    ClobSession& session_;
    OrderMemory& memory_;
    MarketOf market_of_;
    Doubt doubt_;
    std::set<std::string> said_{};
    std::deque<std::string> said_order_{};
    std::uint64_t repeated_ = 0;
    net::WsSession socket_;
};

} // namespace polyquant::polymarket
