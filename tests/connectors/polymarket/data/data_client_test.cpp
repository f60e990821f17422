#include "connectors/polymarket/data/data_client.hpp"
#include "tests/connectors/polymarket/stub_venue.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;

namespace {

struct Fixture : FeedWorld {
    DataClient client{context, {venue.url(), venue.url()}};
    crypto::Address wallet = usdc_e();

    Result<std::vector<VenuePosition>> positions() {
        return run(client.positions(wallet, "OPEN", in(Seconds{5})));
    }
};

std::string page(std::string const& cursor) {
    return fmt::format(
        R"({{"data":[{{"token_id":"12","condition_id":"0x{:064x}","current_size":1.5,"avg_price":0.5,"status":"OPEN"}}],"pagination":{{"next_cursor":{}}}}})",
        7,
        cursor.empty() ? "null" : '"' + cursor + '"'
    );
}

} // namespace

TEST_CASE("Positions are read to the last page", "[polymarket][data]") {
    Fixture f;
    f.venue.on("/v2/positions", page("two"));
    f.venue.on(
        "/v2/positions?user=" + crypto::to_string(f.wallet) +
            "&limit=100&filter_amount=0&status=OPEN&cursor=two",
        page("")
    );

    auto const all = f.positions().value();

    REQUIRE(all.size() == 2);
    CHECK(all[1].size == Shares::from_micros(1'500'000));
    CHECK(f.venue.asked.size() == 2);
}

TEST_CASE("Positions whose pages do not end are a failure", "[polymarket][data]") {
    Fixture f;
    f.venue.on("/v2/positions", page("same"));

    CHECK(f.positions().error().detail == "the cursor does not advance");
}

TEST_CASE("The geoblock must be said in so many words", "[polymarket][data]") {
    Fixture f;
    f.venue.on(
        "/api/geoblock", R"({"blocked":true,"ip":"192.0.2.1","country":"FR","region":"IDF"})"
    );
    auto const blocked = f.run(f.client.geoblock(f.in(Seconds{5}))).value();
    f.venue.on("/api/geoblock", R"({"country":"FR"})");
    auto const silent = f.run(f.client.geoblock(f.in(Seconds{5})));

    CHECK(blocked.blocked);
    CHECK(blocked.country == "FR");
    CHECK(silent.error().fault == Fault::parse);
}
