#include "connectors/polymarket/gamma/discovery_feed.hpp"
#include "tests/connectors/polymarket/stub_venue.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;
using net::testing::http_answer;

namespace {

// The world begins 10 s into the window of 1776081600.
constexpr auto first = Window{utc_from_seconds(1'776'081'600), Seconds{300}};

struct Fixture : FeedWorld {
    std::map<std::string, Market> markets{};
    GammaClient gamma{context, {venue.url(), venue.url(), usdc_e()}};
    DiscoveryFeed feed;

    explicit Fixture(std::vector<Asset> assets = {Asset::btc})
        : feed{context, gamma, options(assets), sink()} {
        auto window = first;
        for (std::uint8_t n = 0; n < 6; ++n, window = next_window(window))
            for (auto asset : all_assets) {
                auto const m = updown_market(
                    asset, window, static_cast<std::uint8_t>(n * 8 + 1 + index_of(asset))
                );
                markets[m.slug] = m;
            }
        venue.on("/events?slug=", [this](std::string const& target) {
            auto const m = markets.find(target.substr(target.find('=') + 1));
            return http_answer(
                200, "", m == markets.end() ? "[]" : event_json(m->second, gamma_json(m->second))
            );
        });
        venue.on("/clob-markets/", [this](std::string const& target) {
            for (auto const& [slug, m] : markets)
                if (target.ends_with(to_string(m.condition)))
                    return http_answer(200, "", clob_json(m));
            return http_answer(404, "", "{}");
        });
    }

    static DiscoveryFeed::Options options(std::vector<Asset> assets) {
        DiscoveryFeed::Options o;
        o.limits.assets = std::move(assets);
        return o;
    }

    std::vector<std::string> listed() const {
        std::vector<std::string> slugs;
        for (auto const& e : all<MarketListed>())
            slugs.push_back(e.market.slug);
        return slugs;
    }
};

} // namespace

TEST_CASE("Discovery lists the window in progress and those ahead", "[polymarket][gamma]") {
    Fixture f;
    f.start_feed(f.feed);

    f.pass(Seconds{20});

    CHECK(
        f.listed() ==
        std::vector<std::string>{
            "btc-updown-5m-1776081600", "btc-updown-5m-1776081900", "btc-updown-5m-1776082200"
        }
    );
    auto const market = f.all<MarketListed>().front().market;
    CHECK(market.taker_delay == documented_taker_delay);
    CHECK(market.rule == twap_rule(Seconds{60}));
    CHECK(
        f.states() == std::vector<std::string>{"gamma btc: ok (listed btc-updown-5m-1776081600)"}
    );
    f.stop();
    CHECK(f.failures.empty());
}

TEST_CASE("Discovery has each window listed before it begins", "[polymarket][gamma]") {
    Fixture f{{all_assets.begin(), all_assets.end()}};
    f.start_feed(f.feed);

    f.pass(Seconds{620});

    REQUIRE(f.count<MarketListed>() == 20);
    for (auto const& e : f.all<MarketListed>())
        if (e.market.window != first) CHECK(e.at.received_at < e.market.window.start);
    CHECK(f.feed.counts().listed == 20);
    CHECK(f.feed.counts().refused == 0);
    CHECK(f.count<FeedState>() == 4);
    f.stop();
}

TEST_CASE("Discovery asks nothing around a window's beginning", "[polymarket][gamma]") {
    Fixture f;
    f.markets.erase("btc-updown-5m-1776082200");
    std::vector<UtcTime> moments;
    f.venue.on("/events?slug=btc-updown-5m-1776082200", [&](std::string const&) {
        moments.push_back(f.clock.utc_now());
        return http_answer(200, "", "[]");
    });
    f.start_feed(f.feed);

    f.pass(Seconds{400});

    CHECK(moments.size() > 8);
    for (auto t : moments) {
        auto const into = t - window_at(t).start;
        CHECK(into >= Seconds{5});
        CHECK(into <= Seconds{298});
    }
    f.stop();
}

TEST_CASE("Discovery waits for a market that is not hydrated", "[polymarket][gamma]") {
    Fixture f;
    auto const m = f.markets.at("btc-updown-5m-1776081600");
    auto asked = 0;
    f.venue.on("/events?slug=" + m.slug, [&](std::string const&) {
        ++asked;
        if (asked == 1) return http_answer(200, "", "[]");
        if (asked == 2)
            return http_answer(200, "", event_json(m, gamma_json(m, R"("clobTokenIds":"",)")));
        return http_answer(200, "", event_json(m, gamma_json(m)));
    });
    auto clob_asked = 0;
    f.venue.on("/clob-markets/" + to_string(m.condition), [&](std::string const&) {
        if (++clob_asked == 1) return http_answer(404, "", R"({"error":"market not found"})");
        if (clob_asked == 2) return http_answer(200, "", clob_json(m, R"("ao":false,)"));
        return http_answer(200, "", clob_json(m));
    });
    f.start_feed(f.feed);

    f.pass_quickly_until([&] { return f.feed.counts().listed == 3; });

    CHECK(f.listed().back() == m.slug);
    CHECK(asked == 5);
    CHECK(f.feed.counts().refused == 0);
    CHECK(f.clock.utc_now() < m.window.start + Seconds{60});
    f.stop();
}

TEST_CASE(
    "Discovery refuses a market once, with the reason, and never lists it", "[polymarket][gamma]"
) {
    auto const [gamma_more, clob_more, why] = GENERATE(table<std::string, std::string, std::string>(
        {{R"("version":"v3",)", "", R"(unknown protocol version "v3")"},
         {R"("resolutionSource":"https://example.com/x",)",
          "",
          "a crypto market without a resolutionSource"},
         {R"("feeSchedule":null,)", "", "no fee schedule"},
         {R"("orderPriceMinTickSize":null,)", "", "no tick size"},
         {R"("clobTokenIds":"[\"12\", \"13\"]",)", "", "the UP token"},
         {R"("closed":true,)", "", "closed"},
         {"", R"("nr":true,)", "Gamma and the exchange disagree on the neg risk"},
         {"", R"("fd":{"r":0.1,"e":1},)", "Gamma and the exchange disagree on the fee schedule"},
         {"", R"("mts":0.03,)", "unknown tick size 0.03"},
         {"", R"("mts":null,)", "the exchange names no tick size"}}
    ));
    Fixture f;
    auto const m = f.markets.at("btc-updown-5m-1776081600");
    f.venue.on("/events?slug=" + m.slug, event_json(m, gamma_json(m, gamma_more)));
    f.venue.on("/clob-markets/" + to_string(m.condition), clob_json(m, clob_more));
    f.start_feed(f.feed);

    f.pass(Seconds{200});

    CHECK_THAT(f.listed(), !Catch::VectorContains(m.slug));
    CHECK(f.feed.counts().refused == 1);
    REQUIRE(f.feed.refusals().size() == 1);
    CHECK_THAT(f.feed.refusals().front().reason, Catch::StartsWith(why));
    REQUIRE(f.states().size() == 2);
    CHECK_THAT(f.states()[0], Catch::StartsWith("gamma " + m.slug + ": bad (refused: " + why));
    CHECK_THAT(f.states()[1], Catch::StartsWith("gamma btc: bad (" + m.slug + ": " + why));
    f.stop();
}

TEST_CASE("Discovery takes the exchange's tick where Gamma's copy lags", "[polymarket][gamma]") {
    Fixture f;
    auto const m = f.markets.at("btc-updown-5m-1776081600");
    f.venue.on("/clob-markets/" + to_string(m.condition), clob_json(m, R"("mts":0.001,)"));
    f.start_feed(f.feed);

    f.pass_quickly_until([&] { return f.count<MarketListed>() == 3; });

    CHECK(f.all<MarketListed>().front().market.tick == Price::from_micros(1'000));
    f.stop();
}

TEST_CASE("A coin whose lookups hang does not hold up the others", "[polymarket][gamma]") {
    Fixture f{{Asset::btc, Asset::eth}};
    f.venue.on("/events?slug=btc-", [](std::string const&) { return std::string{}; });
    f.start_feed(f.feed);

    f.pass_quickly_until([&] { return f.count<MarketListed>() == 3; });

    CHECK(f.feed.counts().listed == 3);
    CHECK(f.clock.utc_now() - first.start < Seconds{18});
    f.pass_quickly_until([&] { return f.count<FeedState>() == 2; });
    CHECK_THAT(f.states().back(), Catch::StartsWith("gamma btc: bad (btc-updown-5m-1776081600: "));
    f.stop();
}
