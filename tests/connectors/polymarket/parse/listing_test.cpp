#include "connectors/polymarket/contracts.hpp"
#include "connectors/polymarket/parse/listing.hpp"
#include "connectors/polymarket/parse/positions.hpp"
#include "tests/connectors/polymarket/parse/payloads.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;

namespace {

Listing listing(std::string const& text) {
    auto const usdc_e = contracts_of(polygon_chain_id).value().ctf_collateral;
    auto const all = parse_listings(text, usdc_e).value();
    REQUIRE(all.size() == 1);
    return all.front();
}

// The refusal after one replacement in a market that is fine.
std::string refusal(std::string_view from, std::string_view to) {
    return listing(with(payload("gamma_market.json"), from, to)).refusal;
}

} // namespace

TEST_CASE("A listed market becomes a Market with every rule read", "[polymarket][parse][gamma]") {
    auto const l = listing(payload("gamma_market.json"));

    CHECK(l.refusal.empty());
    CHECK(l.accepts_orders);
    CHECK_FALSE(l.resolved);
    CHECK(l.market.condition == condition());
    CHECK(l.market.asset == Asset::btc);
    CHECK(l.market.window == Window{utc_from_seconds(1'773'307'200), Seconds{300}});
    CHECK(l.market.up == up_token());
    CHECK(l.market.down == down_token());
    CHECK(l.market.rule == twap_rule(Seconds{60}));
    CHECK(l.market.fee == crypto_fee());
    CHECK(l.market.tick == cents(1));
    CHECK(l.market.min_size == shares(5));
    CHECK(l.market.version == ProtocolVersion::v1);
}

TEST_CASE("A spot-settled market of the older kind is read as spot", "[polymarket][parse][gamma]") {
    auto text = with(payload("gamma_market.json"), "btc-usd-twap-60s-streams", "btc-usd");
    text = with(text, "\"twapEnabled\": true", "\"twapEnabled\": false");

    CHECK(listing(text).refusal.empty());
    CHECK(listing(text).market.rule == spot_rule());
}

TEST_CASE("Unknown rules refuse the market with the reason", "[polymarket][parse][gamma]") {
    CHECK(
        refusal("\"version\": \"v1\"", "\"version\": \"v3\"") == "unknown protocol version \"v3\""
    );
    CHECK(refusal("twap-60s-streams", "twap-45s-streams").find("unknown settlement source") == 0);
    CHECK(refusal("btc-usd-twap-60s-streams", "btc-eur").find("unknown settlement source") == 0);
    CHECK(
        refusal("\"twapLookbackSeconds\": 60", "\"twapLookbackSeconds\": 90") ==
        "unknown TWAP length 90 s"
    );
    CHECK(
        refusal("\"twapLookbackSeconds\": 60", "\"twapLookbackSeconds\": 30")
            .find("cryptoMarketConfig says twap-30s") == 0
    );
    CHECK(
        refusal(
            "https://data.chain.link/streams/btc-usd-twap-60s-streams", "https://example.com"
        ) == "a crypto market without a resolutionSource"
    );
    CHECK(refusal("\"feeSchedule\"", "\"other\"") == "no fee schedule");
    CHECK(refusal("\"exponent\": 1", "\"exponent\": 3") == "unknown fee exponent 3");
    CHECK(refusal("\"takerOnly\": true", "\"takerOnly\": false").find("makers pay") == 0);
    CHECK(
        refusal("\"orderPriceMinTickSize\": 0.01", "\"orderPriceMinTickSize\": null") ==
        "no tick size"
    );
    CHECK(
        refusal("\"orderPriceMinTickSize\": 0.01", "\"orderPriceMinTickSize\": 0.02") ==
        "unknown tick size 0.02"
    );
    CHECK(refusal("\"orderMinSize\": 5", "\"orderMinSize\": 0") == "no minimum order size");
    CHECK(refusal("\"endDate\"", "\"other\"") == "no end date");
    CHECK(refusal("\"eventStartTime\"", "\"other\"") == "no eventStartTime");
}

TEST_CASE("A market without fees says so itself", "[polymarket][parse][gamma]") {
    auto text = with(payload("gamma_market.json"), "\"feeSchedule\"", "\"other\"");
    text = with(text, "\"feesEnabled\": true", "\"feesEnabled\": false");

    CHECK(listing(text).refusal.empty());
    CHECK(listing(text).market.fee == no_fee());
}

TEST_CASE("A listing whose parts contradict each other is refused", "[polymarket][parse][gamma]") {
    CHECK(
        refusal("btc-updown-5m-1773307200", "eth-updown-5m-1773307200").find("the slug says ETH") ==
        0
    );
    CHECK(
        refusal("btc-updown-5m-1773307200", "btc-updown-5m-1773307500").find("the slug's window") ==
        0
    );
    CHECK(
        refusal(
            "104239898038807136052399800151408521467737075933964991162589336683346093173875",
            "104239898038807136052399800151408521467737075933964991162589336683346093173876"
        )
            .find("the UP token") == 0
    );
    CHECK(
        refusal("\\\"Up\\\", \\\"Down\\\"", "\\\"Yes\\\", \\\"No\\\"").find("not Up and Down") !=
        std::string::npos
    );
}

TEST_CASE("Outcomes are found by label, not by place", "[polymarket][parse][gamma]") {
    auto const text =
        with(payload("gamma_market.json"), "\\\"Up\\\", \\\"Down\\\"", "\\\"Down\\\", \\\"Up\\\"");

    auto const l = listing(text);

    CHECK(l.refusal.empty());
    CHECK(l.market.up == down_token());
    CHECK(l.market.down == up_token());
}

TEST_CASE("An event brings its markets, strike and outcome", "[polymarket][parse][gamma]") {
    auto const l = listing(payload("gamma_event_resolved.json"));

    CHECK(l.refusal.empty());
    CHECK(l.closed);
    CHECK_FALSE(l.accepts_orders);
    CHECK(l.resolved);
    CHECK(l.winner == Outcome::up);
    CHECK(l.price_to_beat == UsdPrice::from_e8(7'123'412'500'000));
    CHECK(l.final_price == UsdPrice::from_e8(7'124'050'000'000));
}

TEST_CASE("Prices near one do not resolve a market", "[polymarket][parse][gamma]") {
    auto const text = payload("gamma_event_resolved.json");

    CHECK_FALSE(
        listing(with(text, "\\\"1\\\", \\\"0\\\"", "\\\"0.9995\\\", \\\"0.0005\\\"")).resolved
    );
    CHECK_FALSE(listing(with(text, "\"resolved\"", "\"proposed\"")).resolved);
    CHECK(listing(with(text, "\\\"1\\\", \\\"0\\\"", "\\\"0.5\\\", \\\"0.5\\\"")).resolved);
    CHECK_FALSE(
        listing(with(text, "\\\"1\\\", \\\"0\\\"", "\\\"0.5\\\", \\\"0.5\\\"")).winner.has_value()
    );
}

TEST_CASE(
    "A page of markets or an empty answer is read, rubbish is not", "[polymarket][parse][gamma]"
) {
    auto const usdc_e = contracts_of(polygon_chain_id).value().ctf_collateral;
    auto const page =
        "{\"markets\":[" + payload("gamma_market.json") + "],\"next_cursor\":\"abc\"}";

    CHECK(parse_listings(page, usdc_e).value().size() == 1);
    CHECK(parse_next_cursor(page) == "abc");
    CHECK(parse_next_cursor("{\"next_cursor\":\"LTE=\"}").empty());
    CHECK(parse_listings("[]", usdc_e).value().empty());
    CHECK_FALSE(parse_listings("[{}]", usdc_e));
    CHECK_FALSE(parse_listings("{\"error\":\"x\"}", usdc_e));
    CHECK_FALSE(parse_listings("<html>", usdc_e));
}

TEST_CASE(
    "The exchange's view of a market is compared with the listing's", "[polymarket][parse][gamma]"
) {
    auto const market = listing(payload("gamma_market.json")).market;
    auto const text = payload("clob_market.json");
    auto const clob = parse_clob_market(text).value();

    CHECK(clob.has_taker_delay);
    CHECK(clob.accepts_orders == true);
    CHECK(disagreement(market, clob).empty());
    CHECK(
        disagreement(market, parse_clob_market(with(text, "0.01", "0.001")).value()) == "tick size"
    );
    CHECK(
        disagreement(market, parse_clob_market(with(text, "0.07", "0.05")).value()) ==
        "fee schedule"
    );
    CHECK(
        disagreement(
            market, parse_clob_market(with(text, "\"mos\"", "\"nr\":true,\"mos\"")).value()
        ) == "neg risk"
    );
    CHECK_FALSE(parse_clob_market("{}"));
}

TEST_CASE(
    "Positions of both generations of the Data API are read", "[polymarket][parse][positions]"
) {
    auto const page = parse_positions(payload("positions_v2.json")).value();
    auto const old = parse_positions("[{\"asset\":\"12\",\"conditionId\":"
                                     "\"0x78443f961b9a65869dcb39359de9960165c7e5cbad0904eac7f29cd77"
                                     "872a63b\",\"size\":42.0,\"avgPrice\":0.3}]");

    REQUIRE(page.rows.size() == 2);
    CHECK(page.next_cursor == "abc");
    CHECK(page.rows[0].size == Shares::from_micros(150'500'001));
    CHECK(page.rows[0].outcome_index == 0);
    CHECK(page.rows[1].average_price == Price::from_micros(333'333));
    CHECK_FALSE(page.rows[1].outcome_index.has_value());
    CHECK(page.rows[1].status == "REDEEMABLE_LOST");
    CHECK(old.value().rows[0].size == shares(42));
    CHECK_FALSE(parse_positions("{}"));
    CHECK_FALSE(parse_positions("[{\"asset\":\"12\"}]"));
}
