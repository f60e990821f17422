#include "connectors/polymarket/gamma/expiry_scanner.hpp"
#include "tests/connectors/polymarket/stub_venue.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;
using net::testing::http_answer;

namespace {

// A venue with `count` markets in pages of three.
struct Fixture : FeedWorld {
    std::vector<Market> markets{};
    std::map<std::string, std::string> more{};
    GammaClient gamma{context, {venue.url(), venue.url(), usdc_e()}};
    ScanPageReader reader{usdc_e()};
    ExpiryScanner scanner{
        context,
        gamma,
        [this](std::string body, Price from) -> Task<Result<ScanPage>> {
            co_return reader.read(body, from);
        },
        {}
    };
    std::vector<std::string> seen{};

    explicit Fixture(std::uint8_t count) {
        auto window = next_window(window_at(clock.utc_now()));
        for (std::uint8_t n = 1; n <= count; ++n, window = next_window(window))
            markets.push_back(updown_market(Asset::btc, window, n));
        venue.on("/markets/keyset", [this](std::string const& target) {
            auto const at = target.find("after_cursor=p");
            std::size_t const from =
                at == std::string::npos ? 0 : std::stoul(target.substr(at + 14));
            std::string rows;
            for (auto n = from; n < std::min(from + 3, markets.size()); ++n)
                rows += (rows.empty() ? "" : ",") + gamma_json(markets[n], more[markets[n].slug]);
            auto const next =
                from + 3 < markets.size() ? fmt::format(R"(,"next_cursor":"p{}")", from + 3) : "";
            return http_answer(200, "", fmt::format(R"({{"markets":[{}]{}}})", rows, next));
        });
    }

    Result<ScanReport> scan(Nanos within = Seconds{3'600}) {
        return run(scanner.scan(
            {within, cents(88), Seconds{300}},
            [this](MarketListing const& row) { seen.push_back(row.market.slug); },
            in(Seconds{60})
        ));
    }
};

} // namespace

TEST_CASE("A scan follows the cursor to the last page", "[polymarket][gamma][scan]") {
    Fixture f{8};

    auto const report = f.scan().value();

    CHECK(report.pages == 3);
    CHECK(report.rows == 8);
    CHECK(report.handed_on == 8);
    CHECK(report.is_complete);
    CHECK(f.seen.size() == 8);
    CHECK_THAT(
        f.venue.asked[0],
        Catch::StartsWith("/markets/"
                          "keyset?closed=false&end_date_min=2026-04-13T12%3A00%3A10Z&end_date_max="
                          "2026-04-13T13%3A00%3A10Z&limit=100")
    );
}

TEST_CASE("A second scan asks only for what came into reach", "[polymarket][gamma][scan]") {
    Fixture f{2};
    f.scan();
    f.advance(Seconds{30});

    auto const report = f.scan().value();

    CHECK(report.incremental);
    CHECK(report.handed_on == 0);
    CHECK_THAT(f.venue.asked[1], Catch::Contains("end_date_min=2026-04-13T13%3A00%3A10Z"));
}

TEST_CASE("A full scan hands on only what is new or changed", "[polymarket][gamma][scan]") {
    Fixture f{4};
    f.scan();
    f.seen.clear();
    f.advance(Seconds{301});
    f.more[f.markets[3].slug] = R"("acceptingOrders":false,)";

    auto const report = f.scan().value();

    CHECK_FALSE(report.incremental);
    CHECK(report.rows == 4);
    CHECK(f.seen == std::vector<std::string>{f.markets[3].slug});
}

TEST_CASE("A favourite is handed on by every scan that reads it", "[polymarket][gamma][scan]") {
    Fixture f{3};
    f.more[f.markets[1].slug] = R"("outcomePrices":"[\"0.93\", \"0.07\"]",)";
    f.scan();
    f.seen.clear();

    f.advance(Seconds{301});
    f.scan();
    CHECK(f.seen == std::vector<std::string>{f.markets[1].slug});

    // Once more when it is none any longer, then not again.
    f.more.clear();
    f.advance(Seconds{301});
    f.scan();
    f.advance(Seconds{301});
    f.scan();
    CHECK(f.seen.size() == 2);
}

TEST_CASE("Token ids are recomputed once a market", "[polymarket][gamma][scan]") {
    TokenProofs proofs;
    auto const market = updown_market(Asset::btc, window_at(utc_from_seconds(1'776'081'600)));
    auto const page = "[" + gamma_json(market, R"("outcomePrices":"[\"0.9\", \"0.1\"]",)") + "]";

    auto const first = parse_scan_page(page, usdc_e(), cents(88), &proofs).value();
    REQUIRE(first.size() == 1);
    CHECK(first.front().tokens_checked);
    CHECK(proofs.size() == 1);

    // With another collateral the ids would be wrong, were they recomputed.
    auto const again = parse_scan_page(page, crypto::Address{}, cents(88), &proofs).value();
    CHECK(again.front().tokens_checked);
    auto const other = updown_market(Asset::btc, window_at(utc_from_seconds(1'776'081'600)), 2);
    auto changed = market;
    changed.down = other.down;
    CHECK_FALSE(proofs.has(changed));
}

TEST_CASE("What is over is forgotten", "[polymarket][gamma][scan]") {
    Fixture f{4};
    f.scan();
    CHECK(f.scanner.remembered() == 4);

    f.advance(Seconds{2'000});
    f.markets.clear();
    f.scan();

    CHECK(f.scanner.remembered() == 0);
}

TEST_CASE(
    "A cursor that does not advance ends the scan with a failure", "[polymarket][gamma][scan]"
) {
    Fixture f{1};
    f.venue.on(
        "/markets/keyset",
        fmt::format(R"({{"markets":[{}],"next_cursor":"same"}})", gamma_json(f.markets[0]))
    );

    auto const report = f.scan();

    REQUIRE(report.has_error());
    CHECK(report.error().detail == "the cursor does not advance after page 2");
    CHECK(f.seen.size() == 1);
}

TEST_CASE("A failed page makes the next scan a full one", "[polymarket][gamma][scan]") {
    Fixture f{2};
    f.scan();
    f.venue.on("/markets/keyset", "{}", 400);
    f.advance(Seconds{10});
    CHECK(f.scan().has_error());
    f.venue.on("/markets/keyset", R"({"markets":[]})");

    CHECK_FALSE(f.scan().value().incremental);
}
