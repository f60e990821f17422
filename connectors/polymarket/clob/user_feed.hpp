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

// What the channel says, without the socket: publishes OwnOrderReport, OwnTradeReport, and
// FeedState of ("clob.user", "orders"). The same statement is published once. Coming up and a frame
// that cannot be read both ask for reconciliation: what was said meanwhile is not repeated by the
// venue.
class UserStream {
public:
    struct Options {
        Rounding fee_rounding = Rounding::down; // as ClobVenue
        std::size_t remembered_max = 8192;      // statements, to recognise repetitions
    };

    // Why the account has to be compared with the venue's view of it.
    using Doubt = std::function<void(std::string const& why)>;

    UserStream(
        Options options, EventSink sink, OrderMemory& memory, MarketOf market_of, Doubt doubt
    );

    // `owner`: our API key.
    void on_text(std::string_view payload, std::string_view owner, UtcTime received_at);
    void on_up(UtcTime now);
    void on_down(std::string why, UtcTime now);

    void doubt(std::string const& why) { doubt_(why); }

    std::uint64_t repeated() const { return repeated_; }

private:
    void publish(OwnOrder const& order);
    void publish(OwnTrade const& trade);
    bool is_new(std::string statement);

    Options options_;
    EventSink sink_;
    OrderMemory& memory_;
    MarketOf market_of_;
    Doubt doubt_;
    std::set<std::string> said_{};
    std::deque<std::string> said_order_{};
    std::uint64_t repeated_ = 0;
};

class UserFeed final : public LiveFeed, net::WsListener {
public:
    struct Options {
        net::Url stream; // wss://ws-subscriptions-clob.polymarket.com, without /ws/user
        UserStream::Options statements{};
        net::WsSession::Options socket = socket_defaults();

        static net::WsSession::Options socket_defaults();
    };

    using Doubt = UserStream::Doubt;

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

    UserStream const& stream() const { return stream_; }

private:
    std::vector<std::string> on_up(UtcTime now) override;
    void on_frame(net::WsFrame const& frame) override;
    void on_down(net::Loss const& loss) override;
    void on_attempt_failed(net::Loss const& loss, bool stopped) override;

    net::NetContext context_;
    Options options_;
    ClobSession& session_;
    UserStream stream_;
    net::WsSession socket_;
};

} // namespace polyquant::polymarket
