#include "connectors/polymarket/parse/price_feed.hpp"
#include "tests/connectors/polymarket/parse/payloads.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;

TEST_CASE("PolyBolt's TWAP keeps eight decimals and its own time", "[polymarket][parse][price]") {
    auto const frame = parse_polybolt(payload("polybolt_twap.json"), received_at).value();

    REQUIRE(frame.ticks.size() == 1);
    CHECK(frame.ticks[0].asset == Asset::btc);
    CHECK(frame.ticks[0].source == PriceSource::chainlink_twap);
    CHECK(frame.ticks[0].twap_length == Seconds{60});
    CHECK(frame.ticks[0].price == UsdPrice::from_e8(7'880'371'526'109));
    CHECK(frame.ticks[0].at.venue_time == utc_from_millis(1'788'886'177'000));
    CHECK(frame.seq == 3);
    CHECK_FALSE(frame.snapshot);
}

TEST_CASE("A snapshot brings the ticks before the subscription", "[polymarket][parse][price]") {
    auto const frame = parse_polybolt(payload("polybolt_snapshot.json"), received_at).value();

    CHECK(frame.snapshot);
    REQUIRE(frame.ticks.size() == 2);
    CHECK(frame.ticks[0].asset == Asset::eth);
    CHECK(frame.ticks[1].price == UsdPrice::from_e8(380'377'000'000));
}

TEST_CASE(
    "Prices of other sources and coins are ignored and counted", "[polymarket][parse][price]"
) {
    auto const text = payload("polybolt_twap.json");
    auto const ignored = [](std::string const& frame) {
        auto const parsed = parse_polybolt(frame, received_at).value();
        return parsed.ignored == 1 && parsed.ticks.empty();
    };

    CHECK(ignored(with(text, "chainlink", "pyth")));
    CHECK(ignored(with(text, "btcusd", "dogeusd")));
    CHECK(ignored(with(text, "price.crypto.twap", "price.equity")));
}

TEST_CASE(
    "PolyBolt's acknowledgements and errors are told apart from data", "[polymarket][parse][price]"
) {
    auto const error = parse_polybolt(payload("polybolt_error.json"), received_at).value();

    CHECK(error.control == "error");
    CHECK(error.code == "auth_invalid");
    CHECK(parse_polybolt("{\"op\":\"authed\"}", received_at).value().control == "authed");
    CHECK_FALSE(parse_polybolt("{}", received_at));
    CHECK_FALSE(parse_polybolt("[]", received_at));
    CHECK_FALSE(parse_polybolt(
        with(payload("polybolt_twap.json"), "78803.715261094101516288", "many"), received_at
    ));
}

TEST_CASE(
    "RTDS scales its exact value by 1e18 on Chainlink topics only", "[polymarket][parse][price]"
) {
    auto const twap = parse_rtds(payload("rtds_twap.json"), received_at).value();
    auto const binance = parse_rtds(
                             "{\"topic\":\"crypto_prices\",\"type\":\"update\",\"timestamp\":1,"
                             "\"payload\":{\"symbol\":\"btcusdt\",\"timestamp\":1790000000000,"
                             "\"value\":61035.86,\"full_accuracy_value\":\"61035.86000000\"}}",
                             received_at
    )
                             .value();

    REQUIRE(twap.ticks.size() == 1);
    CHECK(twap.ticks[0].price == UsdPrice::from_e8(8'441'821'618'781));
    CHECK(twap.ticks[0].twap_length == Seconds{60});
    REQUIRE(binance.ticks.size() == 1);
    CHECK(binance.ticks[0].source == PriceSource::binance_trade);
    CHECK(binance.ticks[0].price == UsdPrice::from_e8(6'103'586'000'000));
}

TEST_CASE(
    "RTDS backfill of Chainlink under Binance's name is recognised", "[polymarket][parse][price]"
) {
    auto const frame = parse_rtds(payload("rtds_backfill.json"), received_at).value();

    CHECK(frame.snapshot);
    REQUIRE(frame.ticks.size() == 2);
    CHECK(frame.ticks[0].source == PriceSource::chainlink_spot);
    CHECK(frame.ticks[0].price == UsdPrice::from_e8(8'441'820'000'000));
}

TEST_CASE("RTDS refusals and keep-alives are no prices", "[polymarket][parse][price]") {
    CHECK(parse_rtds(payload("rtds_refused.json"), received_at).value().control == "error");
    CHECK(
        parse_rtds(payload("rtds_refused.json"), received_at).value().code ==
        "topic nonsense not found"
    );
    CHECK(parse_rtds("PONG", received_at).value().control == "PONG");
    CHECK(parse_rtds("", received_at).value().control == "PONG");
    CHECK_FALSE(parse_rtds("{\"topic\":\"crypto_prices\"}", received_at));
}

TEST_CASE("The website's strike is rounded to eight decimals", "[polymarket][parse][price]") {
    auto const price = parse_website_price(payload("website_price.json")).value();

    CHECK(price.open == UsdPrice::from_e8(7'123'412'345'679));
    CHECK_FALSE(price.close.has_value());
    CHECK_FALSE(price.completed);
    CHECK_FALSE(parse_website_price("{\"openPrice\":\"x\"}"));
    CHECK_FALSE(parse_website_price("[]"));
}

TEST_CASE(
    "A time that fits neither seconds nor milliseconds is refused", "[polymarket][parse][price]"
) {
    auto const text = payload("polybolt_twap.json");

    CHECK_FALSE(parse_polybolt(
        with(text, "\"timestamp\":1788886177000", "\"timestamp\":17900000060"), received_at
    ));
    CHECK_FALSE(parse_polybolt(
        with(text, "\"timestamp\":1788886177000", "\"timestamp\":9223372036854775807"), received_at
    ));
    CHECK(parse_polybolt(
        with(text, "\"timestamp\":1788886177000", "\"timestamp\":1788886177"), received_at
    ));
}
