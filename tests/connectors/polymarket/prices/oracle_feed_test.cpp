#include "connectors/polymarket/prices/oracle_feed.hpp"
#include "engine/market/market_board.hpp"
#include "tests/connectors/polymarket/stub_channel.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;

namespace {

constexpr auto secret_text = std::string_view{"c2VjcmV0LW9mLXRoZS10ZXN0"};

crypto::ApiCredentials credentials() {
    auto const bytes = [](std::string_view text) {
        return crypto::SecretBytes{
            crypto::Bytes{reinterpret_cast<std::uint8_t const*>(text.data()), text.size()}
        };
    };
    return {"f4f247b7-4ac7-ff29-a152-04fda0a8755a", bytes(secret_text), bytes("pass")};
}

struct Fixture : FeedWorld {
    StubChannel polybolt{*this};
    StubChannel rtds{*this};
    bool has_key;
    OracleFeed feed;
    market::MarketBoard board{};
    std::int64_t seq = 0;

    explicit Fixture(bool key)
        : has_key{key}, feed{
                            context,
                            options(),
                            [this]() -> std::optional<crypto::ApiCredentials> {
                                if (!has_key) return std::nullopt;
                                return credentials();
                            },
                            [this](Event event) {
                                board.on(event);
                                events.push_back(std::move(event));
                            }
                        } {
        start_feed(feed);
    }

    OracleFeed::Options options() {
        OracleFeed::Options o{polybolt.url("/ws"), rtds.url("/")};
        o.assets = {Asset::btc};
        return o;
    }

    UtcTime now() const { return clock.utc_now(); }

    std::string bolt(UtcTime at, std::string const& price, std::int64_t number) const {
        return fmt::format(
            R"({{"v":1,"channel":"price.crypto.twap","seq":{},"ts":1,"payload":{{"symbol":"btcusd","value":1.5,"full_accuracy_value":"{}","timestamp":{},"window_seconds":60,"source":"chainlink"}}}})",
            number,
            price,
            unix_millis(at)
        );
    }

    static std::string rtds_tick(UtcTime at, std::int64_t dollars) {
        return fmt::format(
            R"({{"topic":"crypto_prices_twap_sixty","type":"update","timestamp":1,"payload":{{"symbol":"btc/usd","timestamp":{},"value":1.5,"full_accuracy_value":"{}000000000000000000","window_s":60}}}})",
            unix_millis(at),
            dollars
        );
    }

    void authenticate() {
        polybolt.wait_for_talks(1);
        polybolt.send(polybolt.talks.size() - 1, R"({"op":"authed","rid":"auth"})");
    }

    std::size_t averages() const {
        auto const ticks = all<PriceTick>();
        return static_cast<std::size_t>(std::ranges::count_if(ticks, [](PriceTick const& t) {
            return t.source == PriceSource::chainlink_twap;
        }));
    }
};

} // namespace

TEST_CASE("PolyBolt is authenticated, then subscribed in one frame", "[polymarket][oracle]") {
    Fixture f{true};

    f.authenticate();
    f.polybolt.send(0, f.bolt(f.now(), "78803.715261094101516288", 1));

    auto const& heard = f.polybolt.talks[0].heard;
    REQUIRE(heard.size() == 2);
    CHECK_THAT(
        heard[0], Catch::Contains(R"("op":"auth")") && Catch::Contains(std::string{secret_text})
    );
    CHECK(
        heard[1] ==
        R"({"op":"subscribe","rid":"prices","subscriptions":[{"channel":"price.crypto.twap","filter":{"symbol":"btcusd","window_seconds":60}},{"channel":"price.crypto","filter":{"symbol":"btcusd"}}]})"
    );
    REQUIRE(f.averages() == 1);
    CHECK(f.all<PriceTick>()[0].price == UsdPrice::from_e8(7'880'371'526'109));
    CHECK(f.all<PriceTick>()[0].at.venue_time == f.now());
    CHECK_FALSE(f.feed.uses_rtds());
    CHECK(f.feed.connected() == "polybolt");
    for (auto const& line : f.states())
        CHECK_THAT(line, !Catch::Contains(std::string{secret_text}));
    f.stop();
    CHECK(f.failures.empty());
}

TEST_CASE("Without credentials RTDS is asked, a frame a topic", "[polymarket][oracle]") {
    Fixture f{false};

    f.rtds.wait_for_talks(1);
    f.rtds.settle();
    f.rtds.send(0, Fixture::rtds_tick(f.now(), 71'000));

    auto const& heard = f.rtds.talks[0].heard;
    REQUIRE(heard.size() == 4);
    CHECK(
        heard[0] ==
        R"({"action":"subscribe","subscriptions":[{"topic":"crypto_prices_twap_sixty","type":"update","filters":"{\"symbol\":\"btc/usd\"}"}]})"
    );
    CHECK(
        heard[3] ==
        R"({"action":"subscribe","subscriptions":[{"topic":"crypto_prices_chainlink","type":"update"}]})"
    );
    CHECK(f.averages() == 1);
    CHECK(f.polybolt.talks.empty());
    f.stop();
}

TEST_CASE("Credentials made later bring PolyBolt into play", "[polymarket][oracle]") {
    Fixture f{false};
    f.rtds.wait_for_talks(1);

    f.has_key = true;
    f.authenticate();

    CHECK(f.feed.connected() == "polybolt+rtds");
    f.stop();
}

TEST_CASE("Refused credentials fall back to RTDS and are tried again", "[polymarket][oracle]") {
    Fixture f{true};
    f.polybolt.wait_for_talks(1);

    f.polybolt.send(0, R"({"op":"error","code":"auth_invalid","rid":"auth"})");
    f.rtds.wait_for_talks(1);
    f.polybolt.wait_for_talks(2);

    CHECK(f.feed.uses_rtds());
    CHECK(f.feed.counts().refusals == 1);
    CHECK_THAT(f.states()[0], Catch::Contains("oracle polybolt: bad (refused: auth_invalid)"));
    f.authenticate();
    CHECK_THAT(f.states().back(), Catch::Contains("oracle polybolt: ok"));
    f.stop();
}

TEST_CASE("PolyBolt away for long brings RTDS in", "[polymarket][oracle]") {
    Fixture f{true};
    f.polybolt.wait_for_talks(1);
    auto const before = f.clock.now();

    f.rtds.wait_for_talks(1);

    CHECK(f.clock.now() - before >= Seconds{9});
    CHECK(f.clock.now() - before <= Seconds{12});
    f.stop();
}

TEST_CASE("Both sources give each second once", "[polymarket][oracle]") {
    Fixture f{false};
    f.rtds.wait_for_talks(1);
    f.has_key = true;
    f.authenticate();
    auto const at = f.now();

    f.rtds.send(0, Fixture::rtds_tick(at, 71'000));
    f.polybolt.send(0, f.bolt(at, "71000.000000000000000000", 1));
    f.polybolt.send(0, f.bolt(at + Seconds{1}, "71001.5", 2));
    f.rtds.send(0, Fixture::rtds_tick(at + Seconds{1}, 71'002));

    CHECK(f.averages() == 2);
    CHECK(f.feed.ticks().counts().copies == 2);
    CHECK(f.feed.ticks().counts().contradictions == 1);
    f.stop();
}

TEST_CASE("A backfill gives the strike of a window begun before", "[polymarket][oracle]") {
    Fixture f{true};
    auto const window = window_at(f.now());
    auto const market = updown_market(Asset::btc, window);
    f.board.on(MarketListed{Stamp{f.now(), f.now(), 0}, market});
    f.authenticate();
    CHECK_FALSE(f.board.view(Asset::btc, window, f.now()).strike);

    f.polybolt.send(
        0,
        fmt::format(
            R"({{"v":1,"channel":"price.crypto.twap","seq":1,"ts":1,"snapshot":true,"payload":{{"symbol":"btcusd","window_seconds":60,"source":"chainlink","data":[{{"timestamp":{},"value":70999.5}},{{"timestamp":{},"value":71000.5}}]}}}})",
            unix_millis(window.start) - 1'000,
            unix_millis(window.start)
        )
    );

    auto const strike = f.board.view(Asset::btc, window, f.now()).strike;
    REQUIRE(strike);
    CHECK(strike->price == UsdPrice::from_e8(7'100'050'000'000));
    CHECK(strike->source == PriceSource::chainlink_twap);
    f.stop();
}

TEST_CASE("A boundary's missing second is asked for again", "[polymarket][oracle]") {
    Fixture f{true};
    f.authenticate();
    auto const boundary = window_at(f.now()).end();

    std::int64_t number = 0;
    while (f.now() < boundary + Seconds{4}) {
        f.polybolt.send(0, f.bolt(f.now() + Millis{1}, "71000", ++number));
        f.pass(Seconds{3});
    }

    auto const& heard = f.polybolt.talks[0].heard;
    CHECK(f.polybolt.talks.size() == 1);
    CHECK(f.feed.counts().boundary_misses == 1);
    REQUIRE(heard.size() == 4);
    CHECK_THAT(heard[2], Catch::StartsWith(R"({"op":"unsubscribe")"));
    CHECK_THAT(heard[3], Catch::StartsWith(R"({"op":"subscribe")"));
    f.stop();
}

TEST_CASE("A gap in PolyBolt's numbers is counted and filled", "[polymarket][oracle]") {
    Fixture f{true};
    f.authenticate();

    f.polybolt.send(0, f.bolt(f.now(), "71000", 1));
    f.polybolt.send(0, f.bolt(f.now() + Seconds{1}, "71000", 2));
    f.polybolt.send(0, f.bolt(f.now() + Seconds{5}, "71000", 6));

    CHECK(f.feed.counts().gaps == 3);
    REQUIRE(f.polybolt.talks[0].heard.size() == 4);
    CHECK_THAT(f.polybolt.talks[0].heard[2], Catch::StartsWith(R"({"op":"unsubscribe")"));
    CHECK_THAT(f.polybolt.talks[0].heard[3], Catch::StartsWith(R"({"op":"subscribe")"));
    f.stop();
}

TEST_CASE("Prices of another source are no prices", "[polymarket][oracle]") {
    Fixture f{true};
    f.authenticate();
    auto text = f.bolt(f.now(), "71000", 1);
    text.replace(text.find("chainlink"), 9, "pyth");

    f.polybolt.send(0, text);

    CHECK(f.count<PriceTick>() == 0);
    CHECK(f.feed.ticks().counts().other_series == 1);
    f.stop();
}

TEST_CASE(
    "A series that falls silent is reported, and a silent feed renewed", "[polymarket][oracle]"
) {
    Fixture f{true};
    f.authenticate();
    f.polybolt.send(0, f.bolt(f.now(), "71000", 1));
    auto const heard_at = f.now();

    f.pass_quickly_until([&] { return f.states().size() >= 3; });
    CHECK_THAT(f.states()[2], Catch::Contains("oracle btc: bad (no price for 10"));
    CHECK(f.now() - heard_at <= Seconds{11});
    f.polybolt.wait_for_talks(2);

    CHECK(f.feed.counts().restarts == 1);
    CHECK(f.now() - heard_at <= Seconds{40});
    f.stop();
}

TEST_CASE(
    "A lost connection makes the prices unhealthy until the next one", "[polymarket][oracle]"
) {
    Fixture f{true};
    f.authenticate();
    f.polybolt.send(0, f.bolt(f.now(), "71000", 1));

    f.polybolt.reset(0);
    CHECK_FALSE(f.feed.ticks().is_healthy(Asset::btc));
    f.polybolt.wait_for_talks(2);
    f.polybolt.send(1, R"({"op":"authed"})");
    f.polybolt.send(1, f.bolt(f.now(), "71001", 1));

    CHECK(f.feed.ticks().is_healthy(Asset::btc));
    CHECK_THAT(f.states().back(), Catch::Contains("oracle btc: ok (prices are back)"));
    CHECK(f.feed.counts().gaps == 0);
    f.stop();
}
