#include "connectors/polymarket/clob/user_feed.hpp"
#include "tests/connectors/net/ws_test_server.hpp"
#include "tests/connectors/polymarket/clob/clob_world.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::polymarket::testing;
using net::testing::WsPeer;
using net::testing::WsTestServer;

namespace {

struct FeedWorld : ClobWorld {
    WsTestServer stream;
    std::vector<std::string> doubts{};
    std::unique_ptr<UserFeed> feed;

    explicit FeedWorld(WsTestServer::Script script)
        : stream{io, Trust::shared().venue, std::move(script)} {
        open();
        UserFeed::Options options;
        options.stream =
            net::parse_url("wss://venue.test:" + std::to_string(stream.port())).value();
        feed = std::make_unique<UserFeed>(
            context(),
            options,
            [this](Event e) { events.push_back(std::move(e)); },
            *session,
            venue->memory(),
            market_of(),
            [this](std::string const& why) { doubts.push_back(why); }
        );
        supervisor.start(runtime::Stage::feeds, "user", feed->run());
    }

    template <class T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (auto const& e : events)
            if (auto const* event = std::get_if<T>(&e)) found.push_back(*event);
        return found;
    }
};

std::string order_event(std::string const& id, std::string const& status) {
    return R"({"event_type":"order","type":"PLACEMENT","id":")" + id +
           R"(","owner":"x","market":"0x0100000000000000000000000000000000000000000000000000000000000000","asset_id":"71321045679252212594626385532706912750332728571942532289631379312455583992563","side":"BUY","price":"0.52","original_size":"10","size_matched":"0","status":")" +
           status + R"(","timestamp":"1776081611000"})";
}

auto const order_text = "0x" + std::string(62, '0') + "07";

std::string trade_event(std::string const& state) {
    return R"({"event_type":"trade","type":"TRADE","id":"t-1","taker_order_id":")" + order_text +
           R"(","market":"0x0100000000000000000000000000000000000000000000000000000000000000","asset_id":"71321045679252212594626385532706912750332728571942532289631379312455583992563","side":"BUY","size":"10","price":"0.52","status":")" +
           state +
           R"(","match_time":"1776081611","trader_side":"TAKER","maker_orders":[],"timestamp":"1776081611000"})";
}

} // namespace

TEST_CASE(
    "UserFeed subscribes with its credentials and publishes each statement once", "[clob][user]"
) {
    std::string asked;
    FeedWorld w{[&](WsPeer& peer) -> Task<void> {
        asked = (co_await peer.read()).value();
        co_await peer.write(order_event(order_text, "LIVE"));
        co_await peer.write(order_event(order_text, "LIVE"));
        co_await peer.write("[" + trade_event("MATCHED") + "," + trade_event("MATCHED") + "]");
        co_await peer.write(trade_event("CONFIRMED"));
        co_await peer.hang();
    }};

    w.run_until([&] { return w.all<OwnTradeReport>().size() == 2; });

    CHECK(asked.find(R"("type":"user")") != std::string::npos);
    CHECK(asked.find(our_key) != std::string::npos);
    CHECK(w.all<OwnOrderReport>().size() == 1);
    auto const fills = w.all<OwnTradeReport>();
    CHECK(fills[0].report.state == TradeState::matched);
    CHECK(fills[1].report.state == TradeState::confirmed);
    CHECK(fills[0].report.fee == taker_fee(crypto_fee(), shares(10), cents(52), Rounding::down));
    CHECK(w.feed->repeated() == 2);
    auto const states = w.all<FeedState>();
    REQUIRE(states.size() == 1);
    CHECK(states[0].feed == "clob.user");
    CHECK(states[0].healthy);
}

TEST_CASE("UserFeed asks for reconciliation whenever it comes up", "[clob][user]") {
    FeedWorld w{[&](WsPeer& peer) -> Task<void> {
        co_await peer.read();
        peer.reset();
        co_return;
    }};

    w.pass_until([&] { return w.doubts.size() == 2; });

    CHECK(w.stream.connections() == 2);
    CHECK(std::ranges::any_of(w.all<FeedState>(), [](auto const& s) { return !s.healthy; }));
}

TEST_CASE("UserFeed asks for reconciliation when it cannot read a frame", "[clob][user]") {
    FeedWorld w{[&](WsPeer& peer) -> Task<void> {
        co_await peer.read();
        co_await peer.write(order_event(order_text, "PONDERING"));
        co_await peer.hang();
    }};

    w.run_until([&] { return w.doubts.size() == 2; });

    CHECK(w.doubts[1].find("could not be read") != std::string::npos);
    CHECK(w.all<OwnOrderReport>().empty());
}

TEST_CASE("UserFeed does not invent the fee of a market it does not know", "[clob][user]") {
    FeedWorld w{[&](WsPeer& peer) -> Task<void> {
        co_await peer.read();
        auto text = trade_event("MATCHED");
        text.replace(text.find("0x01"), 4, "0x02");
        co_await peer.write(text);
        co_await peer.hang();
    }};

    w.run_until([&] { return w.doubts.size() == 2; });

    CHECK(w.all<OwnTradeReport>().empty());
}
