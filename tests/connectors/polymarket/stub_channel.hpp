// A scripted WebSocket side of the venue: the test writes when it likes and reads what came.
#pragma once

#include "connectors/polymarket/parse/book_hash.hpp"
#include "engine/core/market.hpp"
#include "tests/connectors/net/ws_test_server.hpp"
#include "tests/connectors/polymarket/stub_venue.hpp"

namespace polyquant::test {

struct StubChannel {
    struct Talk {
        net::testing::WsPeer* peer = nullptr; // null once over
        std::vector<std::string> heard{};
    };

    FeedWorld& world;
    std::deque<Talk> talks{}; // a connection each
    bool answers_pings = true;
    net::testing::WsTestServer server;

    explicit StubChannel(FeedWorld& w)
        : world{w},
          server{w.io, net::testing::Trust::shared().venue, [this](net::testing::WsPeer& peer) {
                     return serve(peer);
                 }} {}

    net::Url url(std::string const& target = "/ws/market") const {
        return net::parse_url("wss://venue.test:" + std::to_string(server.port()) + target).value();
    }

    // To the connection `n`, handled by the feed before it returns.
    void send(std::size_t n, std::string text) {
        auto op = [](net::testing::WsPeer& peer, std::string what) -> Task<bool> {
            co_await peer.write(std::move(what));
            co_return true;
        };
        world.run(op(*talks.at(n).peer, std::move(text)));
        settle();
    }

    void reset(std::size_t n) {
        talks.at(n).peer->reset();
        settle();
    }

    // Until the sockets are quiet.
    void settle() const {
        auto& io = world.io;
        for (auto quiet = 0; quiet < 3;) {
            io.restart();
            quiet = io.run_one_for(std::chrono::microseconds{300}) > 0 ? 0 : quiet + 1;
        }
    }

    void wait_for_talks(std::size_t count) {
        world.pass_quickly_until([&] {
            return talks.size() >= count && !talks.back().heard.empty();
        });
    }

private:
    Task<void> serve(net::testing::WsPeer& peer) {
        auto& talk = talks.emplace_back();
        talk.peer = &peer;

        struct End {
            Talk& of;

            ~End() { of.peer = nullptr; }
        } const end{talk};

        while (auto const text = co_await peer.read()) {
            if (*text != "PING")
                talk.heard.push_back(*text);
            else if (answers_pings)
                co_await peer.write("PONG");
        }
    }
};

struct BookText {
    Market market;
    TokenId token;
    std::int64_t at_ms = 0;
    std::vector<Level> bids{}; // worst first, as the venue sends them
    std::vector<Level> asks{};
    std::optional<Price> last_trade = cents(50);
    std::string hash{};      // empty: the right one
    bool short_form = false; // without the four values that the hash covers as well

    std::string json() const {
        auto const levels = [](std::vector<Level> const& from) {
            std::string text;
            for (auto const& level : from)
                text += fmt::format(
                    R"({}{{"price":"{}","size":"{}"}})",
                    text.empty() ? "" : ",",
                    to_string(level.price),
                    to_string(level.size)
                );
            return text;
        };
        auto const right = polymarket::book_hash(
            market.condition,
            token,
            at_ms,
            bids,
            asks,
            {market.min_size, market.tick, market.neg_risk, last_trade}
        );
        std::string hex;
        for (auto byte : right)
            hex += fmt::format("{:02x}", byte);
        auto const tail = fmt::format(
            R"(,"min_order_size":"{}","tick_size":"{}","neg_risk":false,"last_trade_price":"{}")",
            to_string(market.min_size),
            to_string(market.tick),
            last_trade ? to_string(*last_trade) : ""
        );
        return fmt::format(
            R"({{"event_type":"book","market":"{}","asset_id":"{}","timestamp":"{}","hash":"{}",)"
            R"("bids":[{}],"asks":[{}]{}}})",
            to_string(market.condition),
            to_string(token),
            at_ms,
            hash.empty() ? hex : hash,
            levels(bids),
            levels(asks),
            short_form ? "" : tail
        );
    }
};

struct ChangeText {
    TokenId token;
    BookSide side = BookSide::bid;
    Price price;
    Shares size;
    std::string best_bid;
    std::string best_ask;
};

inline std::string
changes_json(Market const& market, std::int64_t at_ms, std::vector<ChangeText> const& changes) {
    std::string list;
    for (auto const& c : changes)
        list += fmt::format(
            R"({}{{"asset_id":"{}","price":"{}","size":"{}","side":"{}","hash":"","best_bid":"{}","best_ask":"{}"}})",
            list.empty() ? "" : ",",
            to_string(c.token),
            to_string(c.price),
            to_string(c.size),
            c.side == BookSide::bid ? "BUY" : "SELL",
            c.best_bid,
            c.best_ask
        );
    return fmt::format(
        R"({{"event_type":"price_change","market":"{}","timestamp":"{}","price_changes":[{}]}})",
        to_string(market.condition),
        at_ms,
        list
    );
}

} // namespace polyquant::test
