#include "connectors/polymarket/prices/website_prices.hpp"
#include "engine/market/market_board.hpp"
#include "tests/connectors/polymarket/stub_venue.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;
using net::testing::http_answer;

namespace {

struct Fixture : FeedWorld {
    Window window = next_window(window_at(clock.utc_now()));
    Market btc = updown_market(Asset::btc, window);
    market::MarketBoard board{};
    WebsitePrices feed{context, {venue.url()}, [this](Event event) {
                           board.on(event);
                           events.push_back(std::move(event));
                       }};

    Fixture() {
        board.on(MarketListed{Stamp{clock.utc_now(), clock.utc_now(), 0}, btc});
        feed.follow(btc);
        start_feed(feed);
    }

    void oracle_says(UtcTime at, std::int64_t e8) {
        PriceTick tick;
        tick.at = {at, clock.utc_now(), 0};
        tick.source = PriceSource::chainlink_twap;
        tick.twap_length = Seconds{60};
        tick.price = UsdPrice::from_e8(e8);
        board.on(tick);
    }
};

} // namespace

TEST_CASE("The website is asked for the strike shortly after the start", "[polymarket][website]") {
    Fixture f;
    f.venue.on(
        "/api/crypto/crypto-price", R"({"openPrice":71234.5,"closePrice":null,"completed":false})"
    );

    f.pass_quickly_until([&] { return f.count<PriceTick>() == 1; });

    CHECK(
        f.venue.asked.at(0) ==
        "/api/crypto/crypto-price?symbol=BTC&eventStartTime=2026-04-13T12%3A05%3A00Z"
        "&variant=fiveminute&endDate=2026-04-13T12%3A10%3A00Z&twapEnabled=true"
        "&twapLookbackSeconds=60"
    );
    auto const tick = f.all<PriceTick>()[0];
    CHECK(tick.at.venue_time == f.window.start);
    CHECK(tick.at.received_at - f.window.start >= Seconds{4});
    CHECK(tick.at.received_at - f.window.start <= Seconds{6});
    CHECK(tick.price == UsdPrice::from_e8(7'123'450'000'000));
    f.pass(Seconds{200});
    CHECK(f.venue.asked.size() == 1);
    f.stop();
}

TEST_CASE("A website that says another strike makes ours disputed", "[polymarket][website]") {
    Fixture f;
    f.venue.on("/api/crypto/crypto-price", R"({"openPrice":71300,"closePrice":null})");
    f.pass_quickly_until([&] { return f.clock.utc_now() >= f.window.start; });
    f.oracle_says(f.window.start, 7'123'450'000'000);
    CHECK_FALSE(f.board.view(Asset::btc, f.window, f.clock.utc_now()).strike_disputed);

    f.pass_quickly_until([&] { return f.count<PriceTick>() == 1; });

    CHECK(f.board.view(Asset::btc, f.window, f.clock.utc_now()).strike_disputed);
    f.stop();
}

TEST_CASE(
    "The final price is taken only once the website calls it complete", "[polymarket][website]"
) {
    Fixture f;
    auto asked = 0;
    f.venue.on("/api/crypto/crypto-price", [&](std::string const&) {
        ++asked;
        return http_answer(
            200,
            "",
            asked < 3 ? R"({"openPrice":71234.5,"closePrice":71200.5,"completed":false})"
                      : R"({"openPrice":71234.5,"closePrice":71250.5,"completed":true})"
        );
    });

    f.pass_quickly_until([&] { return f.count<PriceTick>() == 2; });

    auto const close = f.all<PriceTick>()[1];
    CHECK(close.at.venue_time == f.window.end());
    CHECK(close.price == UsdPrice::from_e8(7'125'050'000'000));
    CHECK(close.at.received_at - f.window.end() >= Seconds{45});
    f.stop();
}

TEST_CASE("A website that fails is left alone for a while", "[polymarket][website]") {
    Fixture f;
    f.venue.on("/api/crypto/crypto-price", "no", 403);

    f.pass(Seconds{800});

    CHECK(f.count<PriceTick>() == 0);
    CHECK(f.feed.counts().questions <= 10);
    REQUIRE(f.states().size() == 1);
    CHECK_THAT(
        f.states()[0],
        Catch::StartsWith("website price: bad (rejected") ||
            Catch::StartsWith("website price: bad (auth")
    );
    f.stop();
}
