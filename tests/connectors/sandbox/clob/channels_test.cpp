#include "connectors/polymarket/parse/market_channel.hpp"
#include "connectors/polymarket/parse/own_orders.hpp"
#include "tests/connectors/sandbox/clob/clob_world.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

namespace polyquant::sandbox {

using namespace testing;
using net::Method;

namespace {

struct Stream {
    ClobWorld& clob;
    net::WsClient ws;

    Stream(ClobWorld& world, std::string const& path)
        : clob{world}, ws{world.dialer, world.supervisor, "test" + path, {}} {
        auto op = [](net::WsClient& c, net::WsRequest r, Instant end) -> Task<bool> {
            auto const opened = co_await c.open(std::move(r), end);
            co_return opened.has_value();
        };
        if (!world.run(op(ws, {world.url(path, "wss"), {}}, world.in(Seconds{10}))))
            throw std::logic_error{"no socket"};
    }

    std::string next() {
        auto const pending = clob.start(ws.next());
        clob.run_until([&] { return pending->is_done(); });
        auto const& frame = *pending->value;
        return frame ? frame->payload : "closed " + std::to_string(ws.loss().close_code);
    }

    // Everything sent before this answer has been read.
    std::vector<std::string> drain() {
        std::vector<std::string> frames;
        ws.post("PING");
        for (auto frame = next(); frame != "PONG"; frame = next()) {
            if (frame.starts_with("closed")) throw std::logic_error{frame};
            frames.push_back(std::move(frame));
        }
        return frames;
    }
};

std::string subscription(WorldMarket const& market) {
    return R"({"type":"market","assets_ids":[")" + to_string(market.market.up) + R"(",")" +
           to_string(market.market.down) + R"("],"custom_feature_enabled":true})";
}

// Levels in the order the hash wants them: worst first.
std::vector<Level> worst_first(std::span<Level const> best_first) {
    return {best_first.rbegin(), best_first.rend()};
}

} // namespace

TEST_CASE("Market channel keeps a client's books equal to the venue's, hash by hash", "[sandbox]") {
    ClobWorld clob;
    Stream stream{clob, "/ws/market"};
    stream.ws.post(subscription(*clob.market));
    polymarket::MarketChannelParser parser;
    std::map<TokenId, Book> books;
    std::map<TokenId, polymarket::BookTail> tails;
    auto hashes = 0;
    auto wrong = 0;
    auto unknown = 0U;

    for (int second = 0; second < 40; ++second) {
        for (auto const& frame : stream.drain()) {
            std::vector<polymarket::MarketMessage> messages;
            auto const summary = parser.parse(frame, clob.clock.utc_now(), messages);
            REQUIRE(summary);
            unknown += summary->unknown;
            for (auto const& message : messages) {
                if (auto const* book = std::get_if<polymarket::BookMessage>(&message)) {
                    auto& known = books[book->book.token];
                    known.apply_snapshot(
                        book->book.bids, book->book.asks, book->book.at.received_at
                    );
                    auto& tail = tails[book->book.token];
                    tail.tick = book->tick.value_or(tail.tick);
                    tail.min_order_size = book->min_order_size.value_or(tail.min_order_size);
                    tail.last_trade = book->last_trade;
                }
                auto const* change = std::get_if<polymarket::LevelChange>(&message);
                if (change == nullptr) continue;
                auto const& c = change->change;
                auto& book = books.at(c.token);
                book.apply_change(c.side, c.price, c.size, c.at.received_at);
                if (!c.end_of_frame) continue;
                book.end_of_frame();
                auto const& tail = tails.at(c.token);
                auto const hash = polymarket::book_hash(
                    clob.market->market.condition,
                    c.token,
                    unix_millis(c.at.venue_time),
                    worst_first(book.bids()),
                    worst_first(book.asks()),
                    tail
                );
                ++hashes;
                if (change->hash != hash) ++wrong;
                CHECK(book.is_live());
            }
        }
        clob.pass(Seconds{1});
    }
    static_cast<void>(stream.drain());

    CHECK(unknown == 0);
    CHECK(hashes > 1'000);
    CHECK(wrong == 0);
}

TEST_CASE("Market channel tells trades, tops, ticks and the resolution", "[sandbox]") {
    ClobWorld clob;
    Stream stream{clob, "/ws/market"};
    stream.ws.post(subscription(*clob.market));
    std::map<std::size_t, int> kinds;
    std::optional<polymarket::ResolutionMessage> resolved;

    for (int step = 0; step < 80 && !resolved; ++step) {
        for (auto const& frame : stream.drain())
            for (auto const& message :
                 polymarket::parse_market_frame(frame, clob.clock.utc_now()).value()) {
                ++kinds[message.index()];
                if (auto const* end = std::get_if<polymarket::ResolutionMessage>(&message))
                    resolved = *end;
            }
        clob.pass(Seconds{5});
    }

    REQUIRE(resolved);
    CHECK(resolved->event.market == clob.market->market.condition);
    REQUIRE(clob.market->winner);
    CHECK(resolved->winner == clob.market->market.token(*clob.market->winner));
    CHECK(kinds[2] > 10);  // trades
    CHECK(kinds[4] > 100); // best bid and ask
    CHECK(kinds[5] > 0);   // new markets
}

TEST_CASE("Market channel follows additions and removals on one socket", "[sandbox]") {
    ClobWorld clob;
    Stream stream{clob, "/ws/market"};
    auto const up = to_string(clob.market->market.up);
    stream.ws.post(R"({"type":"market","assets_ids":[]})");
    static_cast<void>(stream.drain());

    stream.ws.post(R"({"assets_ids":[")" + up + R"("],"operation":"subscribe"})");
    auto const dump = stream.drain();
    stream.ws.post(R"({"assets_ids":[")" + up + R"("],"operation":"unsubscribe"})");
    static_cast<void>(stream.drain());
    clob.pass(Seconds{2});

    REQUIRE(dump.size() == 1);
    CHECK(polymarket::parse_market_frame(dump[0], clob.clock.utc_now())->size() == 1);
    CHECK(stream.drain().empty());
}

TEST_CASE("User channel tells the whole life of an order and its trades", "[sandbox]") {
    ClobWorld clob;
    RemoteTrader trader{clob, 0};
    Stream stream{clob, "/ws/user"};
    stream.ws.post(
        R"({"type":"user","markets":[],"auth":{"apiKey":")" + trader.key + R"(","secret":")" +
        trader.secret + R"(","passphrase":")" + trader.passphrase + "\"}}"
    );
    static_cast<void>(stream.drain());
    auto const ask = clob.world.exchange().top(clob.market->market.up).ask->price;
    auto const taker = trader.sign(Side::buy, ask + cents(2), shares(10), TimeInForce::fak);
    auto const maker = trader.sign(Side::buy, cents(1), shares(100), TimeInForce::gtc);

    trader.ask(Method::post, "/order", taker.body);
    trader.ask(Method::post, "/order", maker.body);
    clob.pass(Seconds{20});
    trader.ask(Method::delete_, "/order", polymarket::cancel_body(maker.id));

    std::map<OrderId, std::vector<OrderReport::Status>> orders;
    std::map<std::string, std::vector<TradeState>> trades;
    for (auto const& frame : stream.drain()) {
        auto const parsed = polymarket::parse_user_frame(frame, trader.key, clob.clock.utc_now());
        REQUIRE(parsed);
        CHECK(parsed->unknown == 0);
        for (auto const& message : parsed->messages) {
            if (auto const* order = std::get_if<polymarket::OwnOrder>(&message))
                orders[order->report.order].push_back(order->report.status);
            if (auto const* trade = std::get_if<polymarket::OwnTrade>(&message))
                for (auto const& fill : trade->fills)
                    trades[fill.trade.text].push_back(fill.state);
        }
    }

    using Status = OrderReport::Status;
    CHECK(orders.at(taker.id) == std::vector{Status::delayed, Status::matched});
    CHECK(orders.at(maker.id) == std::vector{Status::live, Status::cancelled});
    REQUIRE_FALSE(trades.empty());
    for (auto const& [id, states] : trades)
        CHECK(states == std::vector{TradeState::matched, TradeState::mined, TradeState::confirmed});
}

TEST_CASE("User channel shows strangers the door", "[sandbox]") {
    ClobWorld clob;
    Stream stream{clob, "/ws/user"};

    stream.ws.post(R"({"type":"user","auth":{"apiKey":"a","secret":"b","passphrase":"c"}})");

    CHECK(stream.next() == "closed 1008");
}

} // namespace polyquant::sandbox
