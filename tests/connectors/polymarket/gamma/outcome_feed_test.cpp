#include "connectors/polymarket/gamma/outcome_feed.hpp"
#include "tests/connectors/polymarket/stub_venue.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;
using net::testing::http_answer;

namespace {

constexpr auto resolved =
    R"("closed":true,"umaResolutionStatus":"resolved","outcomePrices":"[\"0\", \"1\"]",)";
constexpr auto prices = R"("eventMetadata":{"priceToBeat":71234.5,"finalPrice":71230.25},)";

struct Fixture : FeedWorld {
    Market btc = updown_market(Asset::btc, window_at(clock.utc_now()));
    GammaClient gamma{context, {venue.url(), venue.url(), usdc_e()}};
    OutcomeFeed feed{context, gamma, {}, sink()};

    Fixture() {
        feed.follow(btc);
        start_feed(feed);
    }

    void gamma_says(std::string const& market_more, std::string const& event_more) {
        venue.on(
            "/events?slug=" + btc.slug, event_json(btc, gamma_json(btc, market_more), event_more)
        );
    }
};

} // namespace

TEST_CASE("The venue's winner and prices are published once", "[polymarket][gamma][outcome]") {
    Fixture f;
    f.gamma_says(resolved, prices);

    f.pass(Seconds{900});

    REQUIRE(f.count<MarketResolved>() == 1);
    CHECK(f.all<MarketResolved>()[0].winner == Outcome::down);
    CHECK(f.all<MarketResolved>()[0].at.received_at >= f.btc.window.end() + Seconds{60});
    CHECK(f.all<MarketResolved>()[0].at.received_at <= f.btc.window.end() + Seconds{70});
    auto const ticks = f.all<PriceTick>();
    REQUIRE(ticks.size() == 2);
    CHECK(ticks[0].source == PriceSource::venue);
    CHECK(ticks[0].at.venue_time == f.btc.window.start);
    CHECK(ticks[0].price == UsdPrice::from_e8(7'123'450'000'000));
    CHECK(ticks[1].at.venue_time == f.btc.window.end());
    CHECK(f.venue.asked.size() == 1);
    CHECK(f.feed.pending() == 0);
    f.stop();
    CHECK(f.failures.empty());
}

TEST_CASE(
    "A market that stays open is asked about ever more rarely", "[polymarket][gamma][outcome]"
) {
    Fixture f;
    f.gamma_says("", "");

    f.pass(Seconds{3'900});

    CHECK(f.count<MarketResolved>() == 0);
    CHECK(f.feed.counts().questions <= 12);
    CHECK(f.feed.counts().questions >= 8);
    CHECK(f.feed.pending() == 1);
    f.stop();
}

TEST_CASE("Where Gamma lags the exchange's word counts", "[polymarket][gamma][outcome]") {
    Fixture f;
    f.gamma_says("", "");
    f.venue.on(
        "/markets/" + to_string(f.btc.condition),
        fmt::format(
            R"({{"condition_id":"{}","closed":true,"tokens":[{{"token_id":"{}","outcome":"Up","winner":true}},{{"token_id":"{}","outcome":"Down","winner":false}}]}})",
            to_string(f.btc.condition),
            to_string(f.btc.up),
            to_string(f.btc.down)
        )
    );

    f.pass_quickly_until([&] { return f.count<MarketResolved>() == 1; });

    CHECK(f.all<MarketResolved>()[0].winner == Outcome::up);
    CHECK(f.feed.counts().by_exchange == 1);
    CHECK(f.feed.counts().questions == 3);
    f.stop();
}

TEST_CASE("What the channel told already is not published again", "[polymarket][gamma][outcome]") {
    Fixture f;
    f.gamma_says(resolved, prices);
    f.feed.told({{}, f.btc.condition, Outcome::up, PriceSource::venue});

    f.pass(Seconds{500});

    CHECK(f.count<MarketResolved>() == 0);
    CHECK(f.count<PriceTick>() == 2);
    CHECK(f.feed.counts().contradictions == 1);
    f.stop();
}

TEST_CASE(
    "Official prices that come after the winner are waited for", "[polymarket][gamma][outcome]"
) {
    Fixture f;
    auto asked = 0;
    f.venue.on("/events?slug=", [&](std::string const&) {
        ++asked;
        return http_answer(
            200, "", event_json(f.btc, gamma_json(f.btc, resolved), asked < 3 ? "" : prices)
        );
    });

    f.pass_quickly_until([&] { return f.count<PriceTick>() == 2; });

    CHECK(asked == 3);
    CHECK(f.count<MarketResolved>() == 1);
    f.stop();
}

TEST_CASE(
    "A market split half and half is resolved without a winner", "[polymarket][gamma][outcome]"
) {
    Fixture f;
    f.gamma_says(
        R"("closed":true,"umaResolutionStatus":"resolved","outcomePrices":"[\"0.5\", \"0.5\"]",)",
        prices
    );

    f.pass_quickly_until([&] { return f.count<MarketResolved>() == 1; });

    CHECK_FALSE(f.all<MarketResolved>()[0].winner.has_value());
    f.stop();
}
