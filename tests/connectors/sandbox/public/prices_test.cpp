#include "connectors/polymarket/parse/price_feed.hpp"
#include "connectors/sandbox/public/polybolt.hpp"
#include "connectors/sandbox/public/rtds.hpp"
#include "connectors/sandbox/public/website.hpp"
#include "tests/connectors/sandbox/public/public_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::sandbox;
using namespace polyquant::sandbox::testing;

namespace {

crypto::Address some_address() {
    return crypto::parse_address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266").value();
}

template <class Service>
struct Listening : PublicWorld {
    Service service;
    std::shared_ptr<FakePeer> peer = std::make_shared<FakePeer>(1);

    template <class... More>
    explicit Listening(More... more) : service{stage, more...} {
        service.on_open(peer);
        world.subscribe([this](WorldEvent const& event) {
            if (auto const* const print = std::get_if<OraclePrinted>(&event)) {
                service.on_print(print->at);
            }
        });
    }

    void say(std::string const& text) { service.on_text(*peer, text); }

    std::string last() const { return peer->frames.empty() ? "" : peer->frames.back(); }
};

struct Bolt : Listening<PolyBolt> {
    std::string auth() {
        auto const& key = world.exchange().keys().create(some_address(), 0);
        return R"({"op":"auth","rid":"a1","auth":{"apiKey":")" + key.key + R"(","secret":")" +
               key.secret + R"(","passphrase":")" + key.passphrase + R"("}})";
    }

    static std::string subscribe(std::string const& symbol) {
        return R"({"op":"subscribe","rid":"s1","subscriptions":[{"channel":"price.crypto.twap",)"
               R"("filter":{"symbol":")" +
               symbol +
               R"(","window_seconds":60}},{"channel":"price.crypto","filter":{"symbol":")" +
               symbol + R"("}}]})";
    }

    polymarket::PriceFrame parsed(std::size_t i) const {
        INFO(peer->frames.at(i).substr(0, 200));
        return polymarket::parse_polybolt(peer->frames.at(i), clock.utc_now()).value();
    }
};

} // namespace

TEST_CASE("PolyBolt sends a snapshot of two minutes and then every second", "[sandbox][polybolt]") {
    Bolt f;
    f.say(f.auth());
    f.say(Bolt::subscribe("btcusd"));
    auto const acked = f.peer->frames.size();
    f.pass(Seconds{3});

    REQUIRE(f.parsed(0).control == "authed");
    REQUIRE(f.parsed(1).control == "subscribed");
    auto const snapshot = f.parsed(2);
    CHECK(snapshot.snapshot);
    CHECK(snapshot.seq == 1);
    CHECK(snapshot.ticks.size() == 121);
    CHECK(acked == 5);
    REQUIRE(f.peer->frames.size() == acked + 6);
    for (auto i = acked; i < f.peer->frames.size(); ++i) {
        auto const frame = f.parsed(i);
        auto const is_twap = frame.channel == "price.crypto.twap";
        REQUIRE(frame.ticks.size() == 1);
        auto const& tick = frame.ticks[0];
        CHECK(frame.seq == static_cast<std::int64_t>((i - acked) / 2) + 2);
        CHECK(tick.asset == Asset::btc);
        auto const rule = is_twap ? twap_rule(Seconds{60}) : spot_rule();
        CHECK(tick.price == f.world.oracle().value(Asset::btc, rule, tick.at.venue_time));
    }
}

TEST_CASE("PolyBolt's boundary tick is the strike the market settles by", "[sandbox][polybolt]") {
    Bolt f;
    f.say(f.auth());
    f.say(Bolt::subscribe("solusd"));
    auto const window = next_window(window_at(f.clock.utc_now()));
    f.pass_until(window.start + Seconds{2});

    std::optional<UsdPrice> seen;
    for (std::size_t i = 3; i < f.peer->frames.size(); ++i) {
        auto const frame = f.parsed(i);
        if (frame.channel != "price.crypto.twap" || frame.snapshot) continue;
        if (frame.ticks.at(0).at.venue_time == window.start) seen = frame.ticks[0].price;
    }

    REQUIRE(seen.has_value());
    CHECK(seen == f.updown(Asset::sol, window).strike);
}

TEST_CASE(
    "PolyBolt's errors have the venue's codes and leave the socket open", "[sandbox][polybolt]"
) {
    Bolt f;
    auto const code_of = [&](std::string const& text) {
        f.say(text);
        return f.parsed(f.peer->frames.size() - 1).code;
    };

    CHECK(code_of(Bolt::subscribe("btcusd")) == "auth_required");
    CHECK(
        code_of(R"({"op":"auth","auth":{"apiKey":"x","secret":"y","passphrase":"z"}})") ==
        "auth_invalid"
    );
    CHECK(code_of(R"({"op":"dance"})") == "bad_op");
    CHECK(code_of("nonsense") == "bad_op");
    f.say(f.auth());
    CHECK(
        code_of(R"({"op":"subscribe","channel":"price.gold","filter":{"symbol":"btcusd"}})") ==
        "bad_channel"
    );
    CHECK(
        code_of(R"({"op":"subscribe","channel":"price.crypto","filter":{"symbol":"BTCUSD"}})") ==
        "bad_filter"
    );
    CHECK(
        code_of(
            R"({"op":"subscribe","channel":"price.crypto.twap","filter":{"symbol":"btcusd","window_seconds":30}})"
        ) == "bad_filter"
    );
    CHECK(f.peer->is_open());
}

TEST_CASE(
    "PolyBolt closes with 4008 on what a well-behaved client never does", "[sandbox][polybolt]"
) {
    Bolt f;

    SECTION("too many frames a second") {
        f.say(f.auth());
        for (auto i = 0; i < 21; ++i)
            f.say(R"({"op":"unsubscribe","channel":"price.crypto","filter":{"symbol":"btcusd"}})");
        CHECK(f.last().find("rate_limited") != std::string::npos);
    }
    SECTION("guessing keys") {
        for (auto i = 0; i < 9; ++i)
            f.say(R"({"op":"auth","auth":{"apiKey":"x"}})");
        CHECK(f.last().find("auth_attempts") != std::string::npos);
    }
    SECTION("frames without end") {
        f.say(R"({"op":")" + std::string(70'000, 'x') + "\"}");
    }
    CHECK(f.peer->close_code == 4008);
}

TEST_CASE("RTDS backfills, mislabels the spot topic, and updates", "[sandbox][rtds]") {
    Listening<Rtds> f{std::uint64_t{3}};
    f.say(
        R"({"action":"subscribe","subscriptions":[)"
        R"({"topic":"crypto_prices_chainlink","type":"update","filters":"{\"symbol\":\"btc/usd\"}"},)"
        R"({"topic":"crypto_prices_twap_sixty","type":"update","filters":"{\"symbol\":\"btc/usd\"}"},)"
        R"({"topic":"crypto_prices","type":"update","filters":"{\"symbol\":\"btcusdt\"}"}]})"
    );
    REQUIRE(f.peer->frames.size() == 3);
    auto const backfill = polymarket::parse_rtds(f.peer->frames[0], f.clock.utc_now()).value();
    f.pass(Seconds{100});

    CHECK(
        f.peer->frames[0].find(R"("topic":"crypto_prices","type":"subscribe")") != std::string::npos
    );
    CHECK(backfill.snapshot);
    CHECK(backfill.ticks.size() >= 55);
    CHECK(backfill.ticks.back().source == PriceSource::chainlink_spot);
    std::map<std::string, int> updates;
    for (std::size_t i = 3; i < f.peer->frames.size(); ++i) {
        auto const frame = polymarket::parse_rtds(f.peer->frames[i], f.clock.utc_now()).value();
        REQUIRE(frame.ticks.size() == 1);
        auto const& tick = frame.ticks[0];
        ++updates[frame.channel];
        if (tick.source == PriceSource::chainlink_twap) {
            CHECK(
                tick.price ==
                f.world.oracle().value(Asset::btc, twap_rule(Seconds{60}), tick.at.venue_time)
            );
        }
    }
    // Some seconds never arrive.
    for (auto const& [topic, count] : updates) {
        CAPTURE(topic);
        CHECK(count < 100);
        CHECK(count > 85);
    }
    CHECK(updates.size() == 3);
}

TEST_CASE("RTDS has the traps its users know", "[sandbox][rtds]") {
    Listening<Rtds> f{std::uint64_t{3}};

    SECTION("a blank in the filter: backfill, then silence") {
        f.say(
            R"({"action":"subscribe","subscriptions":[{"topic":"crypto_prices_twap_sixty","type":"update","filters":"{\"symbol\": \"btc/usd\"}"}]})"
        );
        f.pass(Seconds{5});
        CHECK(f.peer->frames.size() == 1);
    }
    SECTION("one unknown topic spoils the whole message") {
        f.say(
            R"({"action":"subscribe","subscriptions":[{"topic":"crypto_prices_twap_sixty"},{"topic":"nonsense"}]})"
        );
        f.pass(Seconds{5});
        REQUIRE(f.peer->frames.size() == 1);
        auto const frame = polymarket::parse_rtds(f.last(), f.clock.utc_now()).value();
        CHECK(frame.control == "error");
    }
    SECTION("a list of symbols yields nothing") {
        f.say(
            R"({"action":"subscribe","subscriptions":[{"topic":"crypto_prices","type":"update","filters":"{\"symbol\":\"btcusdt,ethusdt\"}"}]})"
        );
        f.pass(Seconds{5});
        CHECK(f.peer->frames.empty());
    }
}

TEST_CASE("The website tells strike and close, each in its time", "[sandbox][website]") {
    PublicWorld f;
    auto const router = website_router(f.stage);
    auto const window = window_at(f.clock.utc_now());
    auto const target = "/api/crypto/crypto-price?symbol=BTC&variant=fiveminute&eventStartTime=" +
                        format_utc(window.start) + "&endDate=" + format_utc(window.end());
    auto const ask = [&](std::string const& more) {
        return polymarket::parse_website_price(f.get(router, target + more).body).value();
    };
    std::string const twap = "&twapEnabled=true&twapLookbackSeconds=60";

    auto const running = ask(twap);
    auto const spot = ask("");
    f.pass_until(window.end() + Seconds{10});
    auto const ended = ask(twap);
    f.pass_until(window.end() + Seconds{45});
    auto const settled = ask(twap);

    auto const& oracle = f.world.oracle();
    CHECK(running.open == oracle.value(Asset::btc, twap_rule(Seconds{60}), window.start));
    CHECK(spot.open == oracle.value(Asset::btc, spot_rule(), window.start));
    CHECK_FALSE(running.close.has_value());
    CHECK_FALSE(running.completed);
    CHECK(ended.close.has_value());
    CHECK_FALSE(ended.completed);
    CHECK(settled.close == oracle.value(Asset::btc, twap_rule(Seconds{60}), window.end()));
    CHECK(settled.completed);
    CHECK(f.get(router, "/api/crypto/crypto-price?symbol=GOLD").status == 400);
    CHECK(f.get(router, "/api/geoblock").body.find(R"("blocked":false)") != std::string::npos);
}

TEST_CASE(
    "A clock offset shows in what a service stamps, not in the oracle's times", "[sandbox][fault]"
) {
    PublicWorld f{small_world(), "for 1h service=polybolt fault=clock_offset offset=-7s"};
    PolyBolt bolt{f.stage};
    auto const peer = std::make_shared<FakePeer>(1);
    bolt.on_open(peer);
    auto const& key = f.world.exchange().keys().create(some_address(), 0);
    bolt.on_text(
        *peer,
        R"({"op":"auth","auth":{"apiKey":")" + key.key + R"(","secret":")" + key.secret +
            R"(","passphrase":")" + key.passphrase + R"("}})"
    );
    bolt.on_text(*peer, Bolt::subscribe("btcusd"));
    f.pass(Seconds{1});
    bolt.on_print(f.world.now());

    auto const& text = peer->frames.back();
    auto const now = unix_millis(f.world.now());
    CHECK(text.find("\"ts\":" + std::to_string(now - 7000)) != std::string::npos);
    CHECK(text.find("\"timestamp\":" + std::to_string(now)) != std::string::npos);
}
