// The exchange's public market channel for the markets that are followed: books, trades, tick
// sizes, resolutions.
#pragma once

#include "connectors/net/net_context.hpp"
#include "connectors/net/ws_session.hpp"
#include "connectors/polymarket/market/book_keeper.hpp"
#include "connectors/polymarket/parse/market_channel.hpp"
#include "engine/runtime/mailbox.hpp"

#include <deque>
#include <memory>
#include <vector>

namespace polyquant::polymarket {

// Sockets are made when the first market needs one, and carry at most tokens_per_socket tokens
// each. Tokens come and go on open sockets. With two lanes each token is carried by two sockets and
// the first copy of a message counts, so that the loss of one is no loss of continuity.
//
// FeedState: feed "clob.market", topic the token id. A topic is healthy from its first whole book
// on, and says nothing until then unless none comes. Endpoint group "clob.book".
class MarketChannelFeed final : public LiveFeed {
public:
    struct Options {
        net::Url stream; // wss://.../ws/market
        net::Url rest;   // the CLOB, for GET /book
        BookKeeperLimits limits{};
        std::size_t tokens_per_socket = 200; // above 500 the venue sends no first book
        std::size_t tokens_max = 10'000;
        std::size_t readers = 4; // readings by REST at a time
        Nanos reread_call_max = Seconds{5};
        Nanos keep_after_end = Seconds{600}; // for the resolution; then a market is let go
        net::WsSession::Options session = session_defaults();
    };

    struct Counts {
        std::uint64_t frames = 0;
        std::uint64_t bad_frames = 0;
        std::uint64_t unknown_messages = 0;
        std::uint64_t connections_lost = 0;
        std::uint64_t markets_not_followed = 0; // over tokens_max
    };

    MarketChannelFeed(net::NetContext& context, Options options, EventSink sink);
    ~MarketChannelFeed() override;

    std::string_view name() const override { return "clob.market"; }

    Task<void> run() override;

    // At any time, also before run(). False when tokens_max is reached. Following a market again
    // only updates what is known of it.
    bool follow(Market const& market);
    // Not from within the sink: the message being published may be of this market.
    void unfollow(ConditionId const& market);
    // Of a market that is followed; else none.
    std::vector<TokenId> tokens_of(ConditionId const& market) const;
    // Reads this token's book by REST and publishes it, if the channel is up.
    void refresh(TokenId const& token);

    bool is_live(TokenId const& token) const { return keeper_.is_live(token); }

    BookKeeperCounts const& book_counts() const { return keeper_.counts(); }

    Counts const& counts() const { return counts_; }

    std::size_t tokens() const { return keeper_.tokens(); }

    std::size_t sockets() const;

    // PING every 10 s; no PONG for 30 s is a dead connection.
    static net::WsSession::Options session_defaults();

private:
    class Lane;
    struct Shard;

    std::size_t shard_with_room(std::size_t tokens);
    void open(std::size_t shard);
    void on_frame(Shard& shard, std::size_t lane, net::WsFrame const& frame);
    void on_bad_frame(Shard& shard, std::size_t lane, Failure const& failure);
    void restart(std::size_t shard, std::string const& why);
    void queue_reading(TokenId const& token);
    Task<void> read_books(std::size_t reader);
    Task<bool> read_book(TokenId token);

    net::NetContext& context_;
    Options options_;
    MarketChannelParser parser_;
    std::vector<MarketMessage> messages_;
    std::deque<TokenId> to_read_;                                    // each token once at most
    std::vector<std::unique_ptr<runtime::CountMailbox<char>>> wake_; // a reader each
    BookKeeper keeper_;
    std::vector<std::unique_ptr<Shard>> shards_;
    std::map<ConditionId, std::pair<std::size_t, std::array<TokenId, 2>>>
        followed_; // shard, tokens
    Counts counts_;
};

} // namespace polyquant::polymarket
