#include "connectors/binance/parse/klines.hpp"
#include "connectors/binance/parse/stream.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

#include <filesystem>
#include <iostream>

using namespace polyquant;
using namespace polyquant::binance;
using namespace polyquant::test;
using Kind = StreamFrame::Kind;

namespace {

constexpr auto received_at = utc_from_millis(1'790'000'001'500);

std::string payload(std::string const& name) {
    return read_text(source_path("tests/payloads/binance/" + name));
}

struct Parsed {
    Result<StreamFrame> frame;
    std::vector<StreamMessage> messages;
};

Parsed parse(std::string_view text) {
    StreamParser parser;
    std::vector<StreamMessage> messages;
    auto frame = parser.parse(text, received_at, messages);
    return {std::move(frame), std::move(messages)};
}

template <class T>
T only(std::string_view text) {
    auto const parsed = parse(text);
    REQUIRE(parsed.frame);
    REQUIRE(parsed.messages.size() == 1);
    return std::get<T>(parsed.messages[0]);
}

} // namespace

TEST_CASE("A kline frame is a bar, closed or open", "[binance][parse]") {
    auto const closed = only<BarUpdate>(payload("kline.json"));
    auto const open = only<BarUpdate>(payload("kline_combined.json"));

    CHECK(closed.closed);
    CHECK(closed.asset == Asset::btc);
    CHECK(closed.bar.open_time == utc_from_millis(1'789'999'980'000));
    CHECK(closed.bar.length == Seconds{60});
    CHECK(closed.bar.open == 84418.10);
    CHECK(closed.bar.high == 84420.0);
    CHECK(closed.bar.low == 84400.01);
    CHECK(closed.bar.close == 84419.0);
    CHECK(closed.bar.volume == 12.345);
    CHECK(closed.bar.trades == 321.0);
    CHECK(closed.bar.taker_buy_base == 6.1);
    CHECK(closed.at.venue_time == utc_from_millis(1'790'000'001'234));
    CHECK_FALSE(open.closed);
}

TEST_CASE("Trades are price ticks at their trade time", "[binance][parse]") {
    auto const aggregated = only<PriceTick>(payload("agg_trade.json"));
    auto const single = only<PriceTick>(payload("trade.json"));

    CHECK(aggregated.asset == Asset::eth);
    CHECK(aggregated.price == UsdPrice::from_e8(380'376'000'000));
    CHECK(aggregated.at.venue_time == utc_from_millis(1'790'000'001'230));
    CHECK(aggregated.source == PriceSource::binance_trade);
    CHECK(single.asset == Asset::sol);
}

TEST_CASE("Frames carry the venue's own number", "[binance][parse]") {
    CHECK(parse(payload("agg_trade.json")).frame->sequence == 12345);
    CHECK(parse(payload("trade.json")).frame->sequence == 12345);
    CHECK(parse(payload("book_ticker.json")).frame->sequence == 400900217);
    CHECK(parse(payload("kline.json")).frame->sequence == 0);
}

TEST_CASE("bookTicker is the top of the book without venue time", "[binance][parse]") {
    auto const quote = only<TopQuote>(payload("book_ticker.json"));

    CHECK(quote.asset == Asset::xrp);
    CHECK(quote.bid == UsdPrice::from_e8(253'510'000));
    CHECK(quote.ask == UsdPrice::from_e8(253'520'000));
    CHECK(quote.at.venue_time == received_at);
}

TEST_CASE("Replies, shutdowns and other symbols are told apart", "[binance][parse]") {
    CHECK(parse(payload("reply.json")).frame.value().kind == Kind::reply);
    CHECK(
        parse(payload("reply_error.json")).frame.value().text == "Invalid request: unknown stream"
    );
    CHECK(parse(payload("shutdown.json")).frame.value().kind == Kind::shutdown);
    CHECK(parse(payload("other_symbol.json")).frame.value().kind == Kind::ignored);
}

TEST_CASE("Broken stream frames are refused without a message", "[binance][parse]") {
    auto const text = payload("kline.json");
    auto const replace = [&](std::string const& from, std::string const& to) {
        auto copy = text;
        return copy.replace(copy.find(from), from.size(), to);
    };

    for (auto const& bad :
         {std::string{},
          std::string{"[]"},
          text.substr(0, 200),
          text + "{}",
          replace("\"84420.00\"", "\"84000.00\""),
          replace("\"84418.10\"", "\"\""),
          replace("\"1m\"", "\"1M\""),
          replace("1789999980000", "-1")}) {
        auto const parsed = parse(bad);
        CAPTURE(bad);
        CHECK_FALSE(parsed.frame);
        CHECK(parsed.messages.empty());
    }
}

TEST_CASE("Kline rows that cannot be true are left out and counted", "[binance][parse]") {
    auto const klines = parse_klines(payload("klines.json"), Seconds{60}).value();

    REQUIRE(klines.bars.size() == 1);
    CHECK(klines.bars[0].trades == 321.0);
    CHECK(klines.defective == 1);
    CHECK(klines.first_defect.find("high below low") != std::string::npos);
}

TEST_CASE("Binance's refusals keep their words", "[binance][parse]") {
    auto const klines = parse_klines(payload("klines_error.json"), Seconds{60});

    REQUIRE_FALSE(klines);
    CHECK(klines.error().fault == Fault::rejected);
    CHECK(klines.error().detail == "Invalid symbol.");
    CHECK_FALSE(parse_klines("{}", Seconds{60}));
    CHECK_FALSE(parse_klines("[[1,2]]", Seconds{60}));
    CHECK_FALSE(parse_klines("<html>", Seconds{60}));
}

TEST_CASE("Interval names are lengths", "[binance][parse]") {
    CHECK(interval_length("1s") == Seconds{1});
    CHECK(interval_length("15m") == Seconds{900});
    CHECK(interval_length("1h") == Seconds{3600});
    CHECK_FALSE(interval_length("1M").has_value());
    CHECK_FALSE(interval_length("m").has_value());
    CHECK_FALSE(interval_length("-1m").has_value());
}

TEST_CASE("Recorded Binance answers are read", "[binance][parse][recorded]") {
    auto const path =
        source_path("../shared/data/fixtures/binance/spot/http_json/klines_response.json");
    if (!std::filesystem::exists(path)) {
        std::cout << "skipped: no recorded klines\n";
        return;
    }
    auto const text = read_text(path);
    auto const klines = parse_klines(text, Seconds{60});
    CHECK(klines.has_value());
}
