#include "connectors/binance/parse/klines.hpp"
#include "connectors/binance/parse/stream.hpp"
#include "connectors/sandbox/public/binance_rest.hpp"
#include "connectors/sandbox/public/binance_stream.hpp"
#include "tests/connectors/sandbox/public/public_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::sandbox;
using namespace polyquant::sandbox::testing;

namespace {

struct Rest : PublicWorld {
    net::server::Router router;

    explicit Rest(BinanceLimits limits = {}) : router{binance_rest_router(stage, limits)} {}

    std::vector<Bar> klines(std::string const& more, Seconds length = Seconds{60}) {
        auto const reply = get(router, "/api/v3/klines?symbol=BTCUSDT&" + more);
        INFO(reply.body.substr(0, 200));
        REQUIRE(reply.status == 200);
        auto const parsed = binance::parse_klines(reply.body, length).value();
        CHECK(parsed.defective == 0);
        return parsed.bars;
    }
};

struct Streaming : PublicWorld {
    BinanceStream service{stage};
    std::vector<std::shared_ptr<FakePeer>> peers{};

    Streaming() {
        world.subscribe([this](WorldEvent const& event) {
            if (auto const* const e = std::get_if<CoinTraded>(&event)) {
                service.on_trade(e->asset, e->trade);
            } else if (auto const* const q = std::get_if<CoinQuoted>(&event)) {
                service.on_quote(q->asset, q->quote);
            } else if (auto const* const b = std::get_if<CoinBarred>(&event)) {
                service.on_bar(b->asset, b->bar, b->closed);
            }
        });
    }

    FakePeer& open(std::string const& target) {
        net::server::Router router;
        service.add_to(router);
        net::server::HttpCall call;
        call.path = target.substr(0, target.find('?'));
        if (auto const mark = target.find('?'); mark != std::string::npos) {
            call.query = net::server::parse_query(std::string_view{target}.substr(mark + 1));
        }
        std::string allowed;
        REQUIRE(router.find(call, allowed) != nullptr);
        peers.push_back(std::make_shared<FakePeer>(peers.size() + 1, call));
        service.on_open(peers.back());
        return *peers.back();
    }

    std::vector<binance::StreamMessage> messages(FakePeer const& peer) {
        binance::StreamParser parser;
        std::vector<binance::StreamMessage> all;
        for (auto const& frame : peer.frames) {
            INFO(frame);
            REQUIRE(parser.parse(frame, clock.utc_now(), all).has_value());
        }
        return all;
    }
};

} // namespace

TEST_CASE("Binance's klines are whole, in order, and limited as asked", "[sandbox][binance]") {
    Rest f;
    f.pass(std::chrono::minutes{3});

    auto const last = f.klines("interval=1m&limit=10");
    auto const from = f.klines(
        "interval=1m&startTime=" + std::to_string(unix_millis(last[2].open_time)) + "&limit=3"
    );
    auto const range = f.klines(
        "interval=1m&startTime=" + std::to_string(unix_millis(last[1].open_time)) +
        "&endTime=" + std::to_string(unix_millis(last[4].open_time) + 59'999)
    );
    auto const up_to =
        f.klines("interval=1m&limit=2&endTime=" + std::to_string(unix_millis(last[5].open_time)));

    REQUIRE(last.size() == 10);
    for (std::size_t i = 1; i < last.size(); ++i)
        CHECK(last[i].open_time == last[i - 1].open_time + Seconds{60});
    CHECK(last.back().open_time == std::chrono::floor<std::chrono::minutes>(f.clock.utc_now()));
    REQUIRE(from.size() == 3);
    CHECK(from[0].open_time == last[2].open_time);
    CHECK(range.size() == 4);
    REQUIRE(up_to.size() == 2);
    CHECK(up_to[1].open_time == last[5].open_time);
}

TEST_CASE("Binance's longer bars are made of its minutes", "[sandbox][binance]") {
    Rest f;
    auto const five = f.klines("interval=5m&limit=2", Seconds{300});
    REQUIRE(five.size() == 2);
    auto const minutes =
        f.klines("interval=1m&limit=5&startTime=" + std::to_string(unix_millis(five[0].open_time)));

    REQUIRE(minutes.size() == 5);
    CHECK(five[0].open == minutes.front().open);
    CHECK(five[0].close == minutes.back().close);
    auto high = 0.0;
    for (auto const& bar : minutes)
        high = std::max(high, bar.high);
    CHECK(five[0].high == high);
}

TEST_CASE("Binance refuses what it does not know with its own codes", "[sandbox][binance]") {
    Rest f;
    auto const body = [&](std::string const& target) {
        return f.get(f.router, target).body;
    };

    CHECK(body("/api/v3/klines?symbol=FOOUSDT&interval=1m").find("-1121") != std::string::npos);
    CHECK(body("/api/v3/klines?symbol=BTCUSDT&interval=7m").find("-1120") != std::string::npos);
    CHECK(body("/api/v3/klines?interval=1m").find("-1102") != std::string::npos);
    CHECK(
        body("/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=x").find("-1100") !=
        std::string::npos
    );
    CHECK(
        body("/api/v3/exchangeInfo?symbol=ETHUSDT").find(R"("baseAsset":"ETH")") !=
        std::string::npos
    );
    CHECK(body("/api/v3/time").starts_with(R"({"serverTime":17953920)"));
}

TEST_CASE("Binance counts weight, then says 429, then bans", "[sandbox][binance]") {
    BinanceLimits limits;
    limits.weight_per_minute = 20;
    limits.calls_until_ban = 2;
    Rest f{limits};
    auto const ask = [&] {
        return f.get(f.router, "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1");
    };

    auto const first = ask();
    for (auto i = 0; i < 9; ++i)
        CHECK(ask().status == 200);
    auto const refused = ask();
    ask();
    auto const banned = ask();
    f.pass(Seconds{61});
    auto const still = ask();
    f.pass(Seconds{61});

    CHECK(net::find_header(first.headers, "x-mbx-used-weight-1m") == "2");
    CHECK(refused.status == 429);
    CHECK(net::find_header(refused.headers, "Retry-After").has_value());
    CHECK(banned.status == 418);
    CHECK(net::find_header(banned.headers, "Retry-After") == "120");
    CHECK(still.status == 418);
    CHECK(ask().status == 200);
}

TEST_CASE("Binance tells microseconds to those who ask for them", "[sandbox][binance]") {
    Rest f;

    auto const reply = f.get(f.router, "/api/v3/time", {{"X-MBX-TIME-UNIT", "MICROSECOND"}});

    CHECK(
        reply.body == R"({"serverTime":)" + std::to_string(unix_millis(f.clock.utc_now())) + "000}"
    );
}

TEST_CASE("Binance's streams carry trades, quotes and bars that parse", "[sandbox][binance]") {
    Streaming f;
    auto& combined = f.open("/stream?streams=btcusdt@aggTrade/btcusdt@bookTicker/btcusdt@kline_1m");
    auto& raw = f.open("/ws/ethusdt@kline_1s");
    f.pass(Seconds{70});

    auto trades = 0;
    auto quotes = 0;
    auto bars = 0;
    auto closed = 0;
    for (auto const& message : f.messages(combined)) {
        if (std::holds_alternative<PriceTick>(message)) ++trades;
        if (std::holds_alternative<binance::TopQuote>(message)) ++quotes;
        if (auto const* const bar = std::get_if<BarUpdate>(&message)) {
            ++bars;
            CHECK(bar->asset == Asset::btc);
            if (bar->closed) ++closed;
        }
    }
    CHECK(trades > 50);
    CHECK(quotes > 50);
    CHECK(bars >= 60);
    CHECK(closed == 1);
    auto const seconds = f.messages(raw);
    CHECK(seconds.size() == 70);
    CHECK(std::get<BarUpdate>(seconds[0]).closed);
    CHECK(std::get<BarUpdate>(seconds[0]).asset == Asset::eth);
}

TEST_CASE("Binance's closed bar on the stream equals the one REST tells", "[sandbox][binance]") {
    Streaming f;
    auto& peer = f.open("/ws/btcusdt@kline_1m");
    f.pass(Seconds{60});
    auto const router = binance_rest_router(f.stage);

    std::optional<Bar> streamed;
    for (auto const& message : f.messages(peer))
        if (auto const& bar = std::get<BarUpdate>(message); bar.closed) streamed = bar.bar;
    REQUIRE(streamed.has_value());
    auto const reply = f.get(
        router,
        "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1&startTime=" +
            std::to_string(unix_millis(streamed->open_time))
    );
    auto const told = binance::parse_klines(reply.body, Seconds{60}).value().bars.at(0);

    CHECK(told.open == streamed->open);
    CHECK(told.high == streamed->high);
    CHECK(told.low == streamed->low);
    CHECK(told.close == streamed->close);
    CHECK(told.volume == streamed->volume);
    CHECK(told.trades == streamed->trades);
}

TEST_CASE("Binance's streams are subscribed and left at run time", "[sandbox][binance]") {
    Streaming f;
    auto& peer = f.open("/ws");

    f.service.on_text(peer, R"({"method":"SUBSCRIBE","params":["solusdt@trade"],"id":7})");
    f.service.on_text(peer, R"({"method":"LIST_SUBSCRIPTIONS","id":8})");
    f.pass(Seconds{5});
    auto const heard = peer.frames.size();
    f.service.on_text(peer, R"({"method":"UNSUBSCRIBE","params":["solusdt@trade"],"id":9})");
    f.pass(Seconds{5});

    CHECK(peer.frames[0] == R"({"result":null,"id":7})");
    CHECK(peer.frames[1] == R"({"result":["solusdt@trade"],"id":8})");
    CHECK(heard > 3);
    CHECK(peer.frames.size() == heard + 1);
    f.service.on_text(peer, R"({"method":"SUBSCRIBE","params":["nonsense"],"id":1})");
    CHECK(peer.frames.back().find(R"("code":2)") != std::string::npos);
}

TEST_CASE("Binance disconnects who sends more than five messages a second", "[sandbox][binance]") {
    Streaming f;
    auto& peer = f.open("/ws");

    for (auto i = 0; i < 6; ++i)
        f.service.on_text(peer, R"({"method":"LIST_SUBSCRIPTIONS","id":1})");

    CHECK(peer.close_code == 1008);
}
