// All public feeds together, from sockets over the bus to what a strategy is shown.
#include "connectors/polymarket/gamma/discovery_feed.hpp"
#include "connectors/polymarket/gamma/outcome_feed.hpp"
#include "connectors/polymarket/market/market_channel_feed.hpp"
#include "connectors/polymarket/prices/oracle_feed.hpp"
#include "connectors/polymarket/prices/website_prices.hpp"
#include "engine/market/market_board.hpp"
#include "engine/runtime/bus.hpp"
#include "tests/connectors/polymarket/stub_channel.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;
using net::testing::http_answer;

namespace {

// Wired as a run wires them.
struct Fixture : FeedWorld {
    Window current = window_at(clock.utc_now());
    Window window = next_window(current);
    std::map<std::string, Market> markets{};
    std::map<std::string, std::string> market_more{};
    std::map<std::string, std::string> event_more{};
    StubChannel channel{*this};
    StubChannel rtds{*this};
    runtime::Bus bus{};
    market::MarketBoard board{};
    GammaClient gamma{context, {venue.url(), venue.url(), usdc_e()}};
    DiscoveryFeed discovery{context, gamma, only_btc(), to_bus()};
    OutcomeFeed outcomes{context, gamma, {}, to_bus()};
    MarketChannelFeed books{context, {channel.url(), venue.url()}, to_bus()};
    OracleFeed oracle{
        context, oracle_options(), [] { return std::optional<crypto::ApiCredentials>{}; }, to_bus()
    };
    WebsitePrices website{context, {venue.url()}, to_bus()};

    Fixture() {
        auto at = current;
        for (std::uint8_t n = 1; n <= 5; ++n, at = next_window(at)) {
            auto const m = updown_market(Asset::btc, at, n);
            markets[m.slug] = m;
        }
        venue.on("/events?slug=", [this](std::string const& target) {
            auto const found = markets.find(target.substr(target.find('=') + 1));
            if (found == markets.end()) return http_answer(200, "", "[]");
            auto const& [slug, m] = *found;
            return http_answer(
                200, "", event_json(m, gamma_json(m, market_more[slug]), event_more[slug])
            );
        });
        venue.on("/clob-markets/", [this](std::string const& target) {
            for (auto const& [slug, m] : markets)
                if (target.ends_with(to_string(m.condition)))
                    return http_answer(200, "", clob_json(m));
            return http_answer(404, "", "{}");
        });
        venue.on("/book?token_id=", [this](std::string const& target) {
            for (auto const& [slug, m] : markets)
                for (auto const& token : {m.up, m.down})
                    if (target.ends_with(to_string(token)))
                        return http_answer(200, "", book(m, token).json());
            return http_answer(404, "", "{}");
        });
        bus.subscribe("board", runtime::EventKinds::all(), [this](Event const& e) { board.on(e); });
        bus.on<MarketListed>("follow", [this](MarketListed const& listed) {
            books.follow(listed.market);
            outcomes.follow(listed.market);
            website.follow(listed.market);
        });
        bus.on<MarketResolved>("outcome", [this](MarketResolved const& e) { outcomes.told(e); });
        for (auto* feed :
             std::initializer_list<LiveFeed*>{&discovery, &outcomes, &books, &oracle, &website})
            start_feed(*feed);
    }

    EventSink to_bus() {
        return [this](Event event) {
            events.push_back(event);
            bus.publish(std::move(event));
        };
    }

    static DiscoveryFeed::Options only_btc() {
        DiscoveryFeed::Options options;
        options.limits.assets = {Asset::btc};
        return options;
    }

    OracleFeed::Options oracle_options() const {
        OracleFeed::Options options{rtds.url("/"), rtds.url("/")};
        options.assets = {Asset::btc};
        return options;
    }

    Market const& market() const { return markets.at(updown_slug(Asset::btc, window)); }

    BookText book(Market const& m, TokenId const& token) const {
        return {
            m,
            token,
            unix_millis(clock.utc_now()),
            {{cents(45), shares(20)}},
            {{cents(55), shares(30)}}
        };
    }

    // The oracle ticks once a second up to and including `until`.
    void oracle_ticks_until(UtcTime until) {
        rtds.wait_for_talks(1);
        while (clock.utc_now() < until) {
            auto const next = window_at(clock.utc_now(), Seconds{1}).end();
            pass_quickly_until([&] { return clock.utc_now() >= next; });
            rtds.send(
                rtds.talks.size() - 1,
                fmt::format(
                    R"({{"topic":"crypto_prices_twap_sixty","type":"update","payload":{{"symbol":"btc/usd","timestamp":{},"full_accuracy_value":"71234500000000000000000"}}}})",
                    unix_millis(next)
                )
            );
        }
    }

    void until(UtcTime t) {
        pass_quickly_until([&] { return clock.utc_now() >= t; });
    }

    MarketView view() const { return board.view(Asset::btc, window, clock.utc_now()); }
};

} // namespace

TEST_CASE("A strategy is shown market, books and strike of a good window", "[polymarket][feeds]") {
    Fixture f;

    f.oracle_ticks_until(f.window.start + Seconds{1});

    auto const view = f.view();
    REQUIRE(view.market != nullptr);
    REQUIRE(view.up);
    CHECK(view.up->is_live());
    REQUIRE(view.strike);
    CHECK(view.strike->source == PriceSource::chainlink_twap);
    CHECK(view.strike->price == UsdPrice::from_e8(7'123'450'000'000));
    CHECK_FALSE(view.strike_disputed);
    f.stop();
    CHECK(f.failures.empty());
}

TEST_CASE("A window whose boundary tick never came has no strike", "[polymarket][feeds]") {
    Fixture f;

    f.oracle_ticks_until(f.window.start - Seconds{2});
    f.until(f.window.start + Seconds{30});

    CHECK(f.view().market != nullptr);
    CHECK_FALSE(f.view().strike.has_value());
    f.stop();
}

TEST_CASE("The end of the window before gives a missing strike officially", "[polymarket][feeds]") {
    Fixture f;
    auto const before = updown_slug(Asset::btc, f.current);
    f.oracle_ticks_until(f.window.start - Seconds{2});
    f.event_more[before] = R"("eventMetadata":{"priceToBeat":71200,"finalPrice":71236.5},)";

    f.pass_quickly_until([&] { return f.view().strike.has_value(); });

    CHECK(f.view().strike->source == PriceSource::venue);
    CHECK(f.view().strike->price == UsdPrice::from_e8(7'123'650'000'000));
    CHECK(f.clock.utc_now() - f.window.start < Seconds{70});
    f.stop();
}

TEST_CASE("A website that disagrees makes the strike disputed", "[polymarket][feeds]") {
    Fixture f;
    f.venue.on("/api/crypto/crypto-price", R"({"openPrice":71300.5,"completed":false})");

    f.oracle_ticks_until(f.window.start + Seconds{8});

    CHECK(f.view().strike.has_value());
    CHECK(f.view().strike_disputed);
    f.stop();
}

TEST_CASE("An official price that disagrees makes the strike disputed", "[polymarket][feeds]") {
    Fixture f;
    auto const before = updown_slug(Asset::btc, f.current);
    f.oracle_ticks_until(f.window.start + Seconds{1});
    CHECK_FALSE(f.view().strike_disputed);
    f.event_more[before] = R"("eventMetadata":{"priceToBeat":71200,"finalPrice":71290.5},)";

    f.pass_quickly_until([&] { return f.view().strike_disputed; });

    CHECK(f.clock.utc_now() - f.window.start < Seconds{70});
    f.stop();
}

TEST_CASE("A refused market is no market to a strategy", "[polymarket][feeds]") {
    Fixture f;
    f.market_more[updown_slug(Asset::btc, f.window)] =
        R"("resolutionSource":"https://data.chain.link/streams/btc-usd-twap-90s-streams",)";

    f.until(f.window.start + Seconds{5});

    CHECK(f.view().market == nullptr);
    REQUIRE_FALSE(f.discovery.refusals().empty());
    CHECK_THAT(f.discovery.refusals()[0].reason, Catch::StartsWith("unknown settlement source"));
    f.stop();
}

TEST_CASE("Books of a lost channel are shown as quarantined", "[polymarket][feeds]") {
    Fixture f;
    f.until(f.window.start + Seconds{1});
    REQUIRE(f.view().up->is_live());

    f.channel.reset(f.channel.talks.size() - 1);

    CHECK(f.view().up->state() == BookState::quarantined);
    f.stop();
}
