#include "connectors/polymarket/gamma/scan_feed.hpp"
#include "tests/connectors/polymarket/stub_venue.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;
using net::testing::http_answer;

namespace {

constexpr auto favourite = R"("outcomePrices":"[\"0.95\", \"0.05\"]",)";

// Three markets on one page; what is listed of each can be changed.
struct Fixture : FeedWorld {
    std::vector<Market> markets{};
    std::map<std::string, std::string> more{};
    GammaClient gamma{context, {venue.url(), venue.url(), usdc_e()}};
    ScanPageReader reader{usdc_e()};
    ScanFeed feed{
        context,
        gamma,
        [this](std::string body, Price from) -> Task<Result<ScanPage>> {
            co_return reader.read(body, from);
        },
        {.wanted = true,
         .every = Seconds{60},
         .reach = {Seconds{6 * 3'600}, cents(88), Seconds{180}}},
        {},
        sink()
    };

    Fixture() {
        auto window = window_at(clock.utc_now() + Seconds{3'600});
        for (std::uint8_t n = 1; n <= 3; ++n, window = next_window(window))
            markets.push_back(updown_market(Asset::btc, window, n));
        venue.on("/markets/keyset", [this](std::string const& target) {
            auto const is_beyond = target.find("end_date_min=2026-04-13T18") != std::string::npos;
            std::string rows;
            for (auto const& m : markets)
                if (!is_beyond) rows += (rows.empty() ? "" : ",") + gamma_json(m, more[m.slug]);
            return http_answer(200, "", R"({"markets":[)" + rows + "]}");
        });
    }
};

} // namespace

TEST_CASE("A scan feed publishes each row and then what is news", "[polymarket][gamma][scan]") {
    Fixture f;
    f.more[f.markets[0].slug] = favourite;
    f.start_feed(f.feed);

    f.pass(Seconds{100});
    CHECK(f.count<MarketScanned>() == 3);
    CHECK(f.venue.count("/markets/keyset") == 2); // the second beyond the first one's reach
    CHECK(f.states() == std::vector<std::string>{"gamma.scan list: ok (3 markets on 1 pages)"});
    auto const first = f.all<MarketScanned>().front();
    CHECK(first.listing.tokens_checked);
    CHECK(first.listing.market == f.markets[0]);

    f.pass(Seconds{100});
    CHECK(f.count<MarketScanned>() == 4); // the favourite again
    CHECK(f.feed.counts().full == 2);
    f.stop();
    CHECK(f.failures.empty());
}

TEST_CASE("A scan that fails is tried again soon and reported once", "[polymarket][gamma][scan]") {
    Fixture f;
    f.venue.on("/markets/keyset", "<html>", 200);
    f.start_feed(f.feed);

    f.pass(Seconds{30});
    CHECK(f.count<FeedState>() == 1);
    CHECK_FALSE(f.all<FeedState>().front().healthy);
    CHECK(f.feed.counts().failures >= 2);

    f.venue.on("/markets/keyset", R"({"markets":[]})");
    f.pass(Seconds{90});
    CHECK(f.count<FeedState>() == 2);
    CHECK(f.all<FeedState>().back().healthy);
    f.stop();
}

TEST_CASE("Nothing is asked while nobody wants a scan", "[polymarket][gamma][scan]") {
    Fixture f;
    f.feed.want({});
    f.start_feed(f.feed);

    f.pass(Seconds{300});
    CHECK(f.venue.count("/markets/keyset") == 0);

    f.feed.want({.wanted = true, .every = Seconds{60}, .reach = {}});
    f.pass(Seconds{5});
    CHECK(f.count<MarketScanned>() == 3);
    f.stop();
}

TEST_CASE("Other wants lead to a scan of everything at once", "[polymarket][gamma][scan]") {
    Fixture f;
    f.start_feed(f.feed);
    f.pass(Seconds{10});
    CHECK(f.venue.count("/markets/keyset") == 1);

    f.feed.want({.wanted = true, .every = Seconds{60}, .reach = {Seconds{7'200}, cents(40)}});
    f.pass(Seconds{5});

    CHECK(f.venue.count("/markets/keyset") == 2);
    CHECK(f.count<MarketScanned>() == 6); // all are favourites now
    f.stop();
}
