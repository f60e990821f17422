#include "connectors/tape/importers.hpp"
#include "tests/support/catch.hpp"

#include <boost/json.hpp>

#include <sstream>

using namespace polyquant;
using namespace polyquant::tape;

namespace json = boost::json;

namespace {

json::object market() {
    return {
        {"slug", "btc-updown-5m-1780876500"},
        {"question", "Bitcoin Up or Down"},
        {"conditionId", "0x" + std::string(64, '1')},
        {"clobTokenIds", "[\"11\", \"22\"]"},
        {"outcomes", "[\"Up\", \"Down\"]"},
        {"outcomePrices", "[\"0\", \"1\"]"},
        {"startDate", "2026-06-07T00:02:58.730402Z"},
        {"closed", true},
        {"closedTime", "2026-06-08 00:00:16+00"},
        {"feesEnabled", true},
        {"feeSchedule", json::object{{"rate", 0.07}, {"exponent", 1}}},
        {"orderMinSize", 5},
        {"orderPriceMinTickSize", 0.001},
        {"resolutionSource", "https://data.chain.link/streams/btc-usd"}
    };
}

std::vector<Event> import(std::vector<json::object> const& lines, ImportReport& report) {
    std::stringstream in;
    for (auto const& line : lines)
        in << json::serialize(line) << "\n";
    auto source = import_gamma(in, {}, {}, report).value();
    std::vector<Event> events;
    std::vector<Event> batch;
    while (source->next(batch))
        events.insert(events.end(), batch.begin(), batch.end());
    return events;
}

Market listed(json::object const& object) {
    ImportReport report;
    auto const events = import({object}, report);
    REQUIRE_FALSE(events.empty());
    return std::get<MarketListed>(events[0]).market;
}

} // namespace

TEST_CASE(
    "A Gamma object becomes a listing before its window and its official outcome", "[tape][import]"
) {
    ImportReport report;

    auto const events = import({market()}, report);

    REQUIRE(events.size() == 2);
    auto const& listing = std::get<MarketListed>(events[0]);
    CHECK(listing.at.received_at == utc_from_seconds(1'780'876'500 - 300));
    CHECK(listing.market.up == parse_token_id("11").value());
    CHECK(listing.market.fee == crypto_fee());
    CHECK(listing.market.rule == spot_rule());
    CHECK(listing.market.tick == cents(1));
    CHECK(listing.market.min_size == shares(5));
    auto const& resolved = std::get<MarketResolved>(events[1]);
    CHECK(resolved.at.received_at == parse_utc("2026-06-08T00:00:16Z").value());
    CHECK(resolved.winner == Outcome::down);
    CHECK(resolved.source == PriceSource::venue);
    CHECK(resolved.market == listing.market.condition);
}

TEST_CASE("A Gamma market listed late is listed when it was", "[tape][import]") {
    auto object = market();
    object["startDate"] = "2026-06-07T23:54:00Z";
    ImportReport report;

    auto const events = import({object}, report);

    CHECK(stamp_of(events[0]).received_at == parse_utc("2026-06-07T23:54:00Z").value());
}

TEST_CASE("The settlement rule of a Gamma market is read, not assumed", "[tape][import]") {
    auto by_source = market();
    by_source["resolutionSource"] = "https://data.chain.link/streams/btc-usd-twap-60s-streams";
    auto by_both = by_source;
    by_both["cryptoMarketConfig"] =
        json::object{{"twapEnabled", true}, {"twapLookbackSeconds", 60}};
    auto contradicting = by_both;
    contradicting["cryptoMarketConfig"] =
        json::object{{"twapEnabled", true}, {"twapLookbackSeconds", 30}};
    auto unknown = market();
    unknown["resolutionSource"] = "https://www.binance.com/en/trade/BTC_USDT";
    ImportReport report;

    CHECK(listed(by_source).rule == twap_rule(Seconds{60}));
    CHECK(listed(by_both).rule == twap_rule(Seconds{60}));
    CHECK(import({contradicting, unknown}, report).empty());
    CHECK(report.bad.at("settlement rule is unknown or contradicts itself").count == 2);
}

TEST_CASE("Outcomes in the other order swap the tokens and the winner", "[tape][import]") {
    auto object = market();
    object["outcomes"] = "[\"Down\", \"Up\"]";
    ImportReport report;

    auto const events = import({object}, report);

    CHECK(std::get<MarketListed>(events[0]).market.down == parse_token_id("11").value());
    CHECK(std::get<MarketResolved>(events[1]).winner == Outcome::up);
}

TEST_CASE("A Gamma market paid half and half has no winner", "[tape][import]") {
    auto object = market();
    object["outcomePrices"] = "[\"0.5\", \"0.5\"]";
    ImportReport report;

    auto const events = import({object}, report);

    REQUIRE(events.size() == 2);
    CHECK_FALSE(std::get<MarketResolved>(events[1]).winner.has_value());
}

TEST_CASE("Gamma objects that make no sense are counted by kind", "[tape][import]") {
    std::vector<json::object> objects(6, market());
    objects[0]["slug"] = "bitcoin-up-or-down-june-7";
    objects[1]["clobTokenIds"] = "[\"11\"]";
    objects[2]["outcomePrices"] = "[\"0.3\", \"0.7\"]";
    objects[3]["closedTime"] = "2026-06-07 23:59:00+00";
    objects[4]["feeSchedule"] = json::object{{"rate", 7}, {"exponent", 1}};
    objects[5]["conditionId"] = "0x12";
    ImportReport report;

    CHECK(import(objects, report).empty());

    CHECK(report.bad_rows() == 6);
    CHECK(report.bad.size() == 6);
    CHECK(report.bad.at("closed before its window's end").first_line == 4);
}

TEST_CASE("Gamma events of many markets come in the order of their times", "[tape][import]") {
    auto later = market();
    later["slug"] = "btc-updown-5m-1780876800";
    later["conditionId"] = "0x" + std::string(64, '2');
    later["closedTime"] = "2026-06-08 00:05:16+00";
    ImportReport report;

    auto const events = import({later, market()}, report);

    REQUIRE(events.size() == 4);
    for (std::size_t i = 1; i < events.size(); ++i)
        CHECK(stamp_of(events[i - 1]).received_at <= stamp_of(events[i]).received_at);
    CHECK(std::get<MarketListed>(events[0]).market.slug == "btc-updown-5m-1780876500");
}
