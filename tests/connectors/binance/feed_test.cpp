#include "connectors/binance/feed.hpp"
#include "tests/connectors/binance/binance_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::binance;
using namespace polyquant::binance::testing;

namespace {

constexpr Seconds minute{60};
constexpr auto noon = utc_from_seconds(1'776'081'600); // ten seconds before the world begins

// Silence is not what the test is about.
FeedOptions calm() {
    FeedOptions options;
    options.assets = {Asset::btc};
    options.bars_silence_max = options.trades_silence_max = options.quotes_silence_max =
        options.socket_silence_max = Seconds{7200};
    return options;
}

struct World : BinanceWorld {
    StreamServer stream{io};
    std::shared_ptr<KlineCache> cache = KlineCache::open(":memory:").value();
    std::vector<Event> events{};
    BinanceFeed feed;

    explicit World(FeedOptions options = calm())
        : feed{context, pool, cache, complete(std::move(options)), [this](Event event) {
                   events.push_back(std::move(event));
               }} {}

    FeedOptions complete(FeedOptions options) {
        options.stream_url = fmt::format("wss://venue.test:{}", stream.server.port());
        options.rest = rest_options();
        return options;
    }

    void run_feed() {
        supervisor.start(runtime::Stage::feeds, "feed.binance", feed.run());
        pass_until([&] { return stream.connections.size() == 1; });
    }

    void send(std::string frame, std::size_t connection = 0) {
        stream.connections.at(connection)->box.post(std::move(frame));
    }

    // Sends, and waits until the feed had it.
    void deliver(std::string frame, std::size_t connection = 0) {
        auto const before = feed.counts().frames;
        send(std::move(frame), connection);
        run_until([&] { return feed.counts().frames > before; });
    }

    // Moves time from one due instant to the next, letting everything ready run in between.
    void pass(Nanos time) {
        auto const until = clock.now() + time;
        while (clock.now() < until) {
            io.restart();
            while (io.run_one_for(std::chrono::milliseconds{2}) > 0) {
            }
            auto const due = clock.next_due();
            clock.advance_to(due ? std::min(*due, until) : until);
        }
        io.restart();
        while (io.run_one_for(std::chrono::milliseconds{2}) > 0) {
        }
    }

    template <class E>
    std::vector<E> all() const {
        std::vector<E> found;
        for (auto const& event : events)
            if (auto const* e = std::get_if<E>(&event)) found.push_back(*e);
        return found;
    }

    std::vector<UtcTime> closed_bars() const {
        std::vector<UtcTime> times;
        for (auto const& bar : all<BarUpdate>())
            if (bar.closed) times.push_back(bar.bar.open_time);
        return times;
    }

    std::optional<bool> health(std::string const& topic) const {
        std::optional<bool> healthy;
        for (auto const& state : all<FeedState>())
            if (state.topic == topic) healthy = state.healthy;
        return healthy;
    }

    std::vector<std::int64_t> prices() const {
        std::vector<std::int64_t> prices;
        for (auto const& tick : all<PriceTick>())
            prices.push_back(tick.price.e8() / UsdPrice::scale);
        return prices;
    }
};

} // namespace

TEST_CASE("BinanceFeed subscribes every stream of its coins in one connection", "[binance][feed]") {
    auto options = calm();
    options.assets = {Asset::btc, Asset::eth};
    World world{options};

    world.run_feed();

    auto const& upgrade = world.stream.connections[0]->upgrade;
    CHECK(
        upgrade.find("GET /stream?streams=btcusdt@kline_1m/btcusdt@aggTrade/btcusdt@bookTicker/"
                     "ethusdt@kline_1m/ethusdt@aggTrade/ethusdt@bookTicker HTTP/1.1") == 0
    );
    CHECK(world.health("btcusdt@kline_1m") == false);
    world.stop();
}

TEST_CASE("BinanceFeed publishes bars and ticks and asks nothing by REST", "[binance][feed]") {
    World world;
    auto const history =
        world.wait_for(world.feed.history(Asset::btc, 100, noon, world.in(Seconds{10})));
    REQUIRE(history);
    REQUIRE(history->bars.size() == 100);
    auto const warm_up_requests = world.rest.requests.size();
    world.run_feed();

    for (int i = 0; i < 10; ++i) {
        auto const open = noon + i * minute;
        world.deliver(bar_frame("BTCUSDT", open, open + Seconds{30}, false));
        world.deliver(trade_frame("BTCUSDT", 100 + i, open + Seconds{31}, "50000.5"));
        world.deliver(bar_frame("BTCUSDT", open, open + minute, true));
        world.clock.advance_to(world.clock.now() + minute);
    }

    CHECK(warm_up_requests == 1);
    CHECK(world.rest.requests.size() == warm_up_requests);
    CHECK(world.closed_bars().size() == 10);
    CHECK(world.all<BarUpdate>().size() == 20);
    REQUIRE(world.all<PriceTick>().size() == 10);
    CHECK(world.all<PriceTick>()[0].price.e8() == 5'000'050'000'000);
    CHECK(world.all<PriceTick>()[0].source == PriceSource::binance_trade);
    CHECK(world.all<PriceTick>()[0].at.venue_time == noon + Seconds{31});
    world.stop();
    CHECK(world.failures.empty());
}

TEST_CASE(
    "BinanceFeed fills a hole by REST before it publishes anything newer", "[binance][feed]"
) {
    World world;
    REQUIRE(world.wait_for(world.feed.history(Asset::btc, 10, noon, world.in(Seconds{10}))));
    world.rest.requests.clear();
    world.run_feed();
    world.deliver(bar_frame("BTCUSDT", noon, noon + Seconds{11}, false));
    CHECK(world.health("btcusdt@kline_1m") == true);
    world.pass(Seconds{5});
    world.send("reset");
    world.pass_until([&] { return world.health("btcusdt@kline_1m") == false; });
    world.clock.advance_to(world.clock.now() + 3 * minute);
    world.pass_until([&] { return world.stream.connections.size() == 2; });

    world.deliver(
        bar_frame("BTCUSDT", noon + 3 * minute, noon + 3 * minute + Seconds{20}, false), 1
    );
    auto const before_fill = world.closed_bars().size();
    CHECK(world.health("btcusdt@kline_1m") == false);
    world.pass_until([&] { return world.health("btcusdt@kline_1m") == true; });

    CHECK(before_fill == 0);
    CHECK(world.closed_bars() == std::vector<UtcTime>{noon, noon + minute, noon + 2 * minute});
    CHECK(world.rest.requests.size() == 1);
    auto const bars = world.all<BarUpdate>();
    REQUIRE(bars.size() == 5);
    CHECK(bars[1].bar.close == price_of(unix_millis(noon)));
    CHECK_FALSE(bars[4].closed);
    CHECK(bars[4].bar.open_time == noon + 3 * minute);
    CHECK(world.feed.counts().bars_filled == 3);
    world.stop();
}

TEST_CASE("BinanceFeed reconnects within a minute without a REST call", "[binance][feed]") {
    World world;
    REQUIRE(world.wait_for(world.feed.history(Asset::btc, 10, noon, world.in(Seconds{10}))));
    world.rest.requests.clear();
    world.run_feed();
    world.deliver(bar_frame("BTCUSDT", noon, noon + Seconds{11}, false));

    world.send("reset");
    world.pass_until([&] { return world.stream.connections.size() == 2; });
    world.deliver(bar_frame("BTCUSDT", noon, noon + Seconds{30}, false), 1);

    CHECK(world.health("btcusdt@kline_1m") == true);
    CHECK(world.rest.requests.empty());
    world.stop();
}

TEST_CASE("BinanceFeed notices a closed bar that never came", "[binance][feed]") {
    World world;
    world.run_feed();
    world.deliver(bar_frame("BTCUSDT", noon, noon + Seconds{11}, false));
    world.clock.advance_to(world.clock.now() + 2 * minute);

    world.deliver(bar_frame("BTCUSDT", noon + minute, noon + 2 * minute, true));
    world.pass_until([&] { return world.closed_bars().size() == 2; });

    CHECK(world.closed_bars() == std::vector<UtcTime>{noon, noon + minute});
    world.stop();
}

TEST_CASE(
    "BinanceFeed keeps asking while the venue is behind, and then goes on", "[binance][feed]"
) {
    World world;
    world.run_feed();
    world.deliver(bar_frame("BTCUSDT", noon, noon + Seconds{11}, false));
    world.rest.absent = {{noon, noon + minute}};
    world.clock.advance_to(world.clock.now() + minute);
    world.deliver(bar_frame("BTCUSDT", noon + minute, noon + minute + Seconds{11}, false));

    world.pass_until([&] { return world.rest.requests.size() == 3; });
    CHECK(world.closed_bars().empty());
    CHECK(world.health("btcusdt@kline_1m") == false);
    world.rest.absent.clear();
    world.pass_until([&] { return world.health("btcusdt@kline_1m") == true; });

    CHECK(world.closed_bars() == std::vector<UtcTime>{noon});
    world.stop();
}

TEST_CASE("BinanceFeed goes on behind bars that do not exist", "[binance][feed]") {
    World world;
    world.run_feed();
    world.deliver(bar_frame("BTCUSDT", noon, noon + Seconds{11}, false));
    world.rest.absent = {{noon, noon + 20 * minute}};
    world.clock.advance_to(world.clock.now() + 40 * minute);

    world.deliver(bar_frame("BTCUSDT", noon + 40 * minute, noon + 40 * minute + Seconds{11}, false)
    );
    world.pass_until([&] { return world.health("btcusdt@kline_1m") == true; });

    CHECK(world.closed_bars().size() == 20);
    CHECK(world.closed_bars().front() == noon + 20 * minute);
    CHECK(world.feed.counts().bars_absent == 20);
    world.stop();
}

TEST_CASE(
    "BinanceFeed renews its connection without a gap and without duplicates", "[binance][feed]"
) {
    auto options = calm();
    options.assets = {Asset::btc, Asset::eth};
    options.renew_after = Seconds{30};
    World world{options};
    world.run_feed();
    auto const both = [&](std::size_t connection, UtcTime at) {
        world.deliver(bar_frame("BTCUSDT", noon, at, false), connection);
        world.deliver(bar_frame("ETHUSDT", noon, at, false), connection);
    };
    both(0, noon + Seconds{11});
    world.deliver(trade_frame("BTCUSDT", 7, noon + Seconds{11}, "100"));

    world.pass_until([&] { return world.stream.connections.size() == 2; });
    world.deliver(trade_frame("BTCUSDT", 8, noon + Seconds{41}, "101"));
    world.deliver(trade_frame("BTCUSDT", 8, noon + Seconds{41}, "101"), 1);
    world.deliver(bar_frame("BTCUSDT", noon, noon + Seconds{42}, false), 1);
    world.send("wait for the client to go");
    world.pass(Seconds{1});
    auto const left_early = world.stream.connections[0]->is_gone;
    world.deliver(bar_frame("ETHUSDT", noon, noon + Seconds{42}, false), 1);
    world.pass_until([&] { return world.stream.connections[0]->is_gone; });
    world.deliver(trade_frame("BTCUSDT", 9, noon + Seconds{43}, "102"), 1);

    CHECK_FALSE(left_early);
    CHECK(world.prices() == std::vector<std::int64_t>{100, 101, 102});
    CHECK(world.feed.counts().duplicates == 1);
    CHECK(world.feed.counts().renewals == 1);
    auto const unhealthy = std::ranges::count_if(world.all<FeedState>(), [](FeedState const& s) {
        return !s.healthy;
    });
    CHECK(unhealthy == 6); // before the first connection
    CHECK(world.rest.requests.empty());
    world.stop();
    CHECK(world.failures.empty());
}

TEST_CASE(
    "BinanceFeed opens the next connection when the venue announces its end", "[binance][feed]"
) {
    World world;
    world.run_feed();
    world.deliver(bar_frame("BTCUSDT", noon, noon + Seconds{11}, false));

    world.deliver(R"({"e":"serverShutdown","E":1776081611000})");
    world.pass_until([&] { return world.stream.connections.size() == 2; });
    world.send("reset");
    world.deliver(bar_frame("BTCUSDT", noon, noon + Seconds{12}, false), 1);
    world.pass(Seconds{20});

    CHECK(world.stream.connections.size() == 2);
    CHECK(world.health("btcusdt@kline_1m") == true);
    world.stop();
}

TEST_CASE(
    "BinanceFeed stays with its connection when the next one brings nothing", "[binance][feed]"
) {
    auto options = calm();
    options.renew_after = Seconds{30};
    options.overlap_max = Seconds{5};
    World world{options};
    world.run_feed();
    world.deliver(bar_frame("BTCUSDT", noon, noon + Seconds{11}, false));
    world.pass_until([&] { return world.stream.connections.size() == 2; });
    world.send("wait for the client to go", 1);

    world.pass_until([&] { return world.stream.connections[1]->is_gone; });
    world.deliver(bar_frame("BTCUSDT", noon, noon + Seconds{50}, false));

    CHECK(world.all<BarUpdate>().size() == 2);
    CHECK(world.health("btcusdt@kline_1m") == true);
    world.stop();
}

TEST_CASE("BinanceFeed tells one silent topic and tries another connection", "[binance][feed]") {
    auto options = calm();
    options.bars_silence_max = options.trades_silence_max = Seconds{5};
    World world{options};
    world.run_feed();
    world.deliver(bar_frame("BTCUSDT", noon, noon + Seconds{11}, false));
    world.deliver(trade_frame("BTCUSDT", 1, noon + Seconds{11}, "100"));

    for (int i = 0; i < 3; ++i) {
        world.pass(Seconds{2});
        world.deliver(bar_frame("BTCUSDT", noon, noon + Seconds{13 + i}, false));
    }
    world.pass_until([&] { return world.stream.connections.size() == 2; });

    CHECK(world.health("btcusdt@aggTrade") == false);
    CHECK(world.health("btcusdt@kline_1m") == true);
    CHECK(world.all<FeedState>().back().reason == "silent for 5 s");
    world.deliver(trade_frame("BTCUSDT", 2, noon + Seconds{20}, "100"), 1);
    CHECK(world.health("btcusdt@aggTrade") == true);
    world.stop();
}

TEST_CASE("BinanceFeed bounds the rate of ticks and keeps the last one", "[binance][feed]") {
    World world;
    world.run_feed();
    auto const base = noon + Seconds{11};

    for (int i = 0; i < 200; ++i)
        world.deliver(trade_frame("BTCUSDT", i + 1, base + Millis{i}, std::to_string(1000 + i)));
    world.pass(Millis{50});
    world.deliver(trade_frame("BTCUSDT", 300, base + Millis{900}, "2000"));
    world.deliver(trade_frame("BTCUSDT", 301, base + Millis{999}, "2001"));
    world.deliver(trade_frame("BTCUSDT", 302, base + Millis{1000}, "2002"));

    CHECK(world.prices() == std::vector<std::int64_t>{1000, 1199, 2001, 2002});
    world.stop();
}

TEST_CASE("BinanceFeed takes the middle of the quote where no coin is traded", "[binance][feed]") {
    World world;
    world.run_feed();
    world.deliver(trade_frame("BTCUSDT", 1, noon + Seconds{10}, "100"));
    world.deliver(quote_frame("BTCUSDT", "101", "103"));
    world.clock.advance_to(world.clock.now() + Seconds{1});

    world.deliver(quote_frame("BTCUSDT", "103", "101"));
    world.deliver(quote_frame("BTCUSDT", "101", "103"));
    world.deliver(quote_frame("BTCUSDT", "105", "107"));

    CHECK(world.prices() == std::vector<std::int64_t>{100, 102});
    world.stop();
}

TEST_CASE("BinanceFeed counts frames it does not understand and goes on", "[binance][feed]") {
    World world;
    world.run_feed();

    world.deliver("{\"stream\":\"x\",\"data\":{\"e\":\"aggT");
    world.deliver("[]");
    world.deliver(trade_frame("DOGEUSDT", 1, noon, "1"));
    world.deliver(trade_frame("BTCUSDT", 1, noon + Seconds{10}, "100"));

    CHECK(world.feed.counts().frames_refused == 2);
    CHECK(world.prices() == std::vector<std::int64_t>{100});
    world.stop();
}
