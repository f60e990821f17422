#include "connectors/polymarket/parse/market_channel.hpp"
#include "tests/connectors/polymarket/parse/payloads.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;

namespace {

std::vector<MarketMessage> messages(std::string const& text) {
    return parse_market_frame(text, received_at).value();
}

template <class T>
T only(std::string const& text) {
    auto const all = messages(text);
    REQUIRE(all.size() == 1);
    return std::get<T>(all.front());
}

std::string why(std::string const& text) {
    auto const parsed = parse_market_frame(text, received_at);
    return parsed ? std::string{"accepted"} : parsed.error().detail;
}

} // namespace

TEST_CASE("A price_change is one level change per entry", "[polymarket][parse][market]") {
    auto const all = messages(payload("market_price_change.json"));

    REQUIRE(all.size() == 2);
    auto const& first = std::get<LevelChange>(all[0]);
    auto const& second = std::get<LevelChange>(all[1]);
    CHECK(first.change.token == up_token());
    CHECK(first.change.side == BookSide::bid);
    CHECK(first.change.price == cents(52));
    CHECK(first.change.size == Shares::from_micros(150'500'000));
    CHECK(first.change.end_of_frame);
    CHECK(first.change.at.venue_time == utc_from_millis(1'790'000'000'123));
    CHECK(first.change.at.received_at == received_at);
    CHECK(first.best_bid == cents(52));
    CHECK(first.best_ask == cents(53));
    CHECK(first.hash.has_value());
    CHECK(second.change.token == down_token());
    CHECK(second.change.side == BookSide::ask);
    CHECK(second.change.price == cents(48));
}

TEST_CASE(
    "Only the last change of a token in a message ends its frame", "[polymarket][parse][market]"
) {
    auto const all = messages(payload("market_price_change_many.json"));

    REQUIRE(all.size() == 5);
    auto const ends = [&](std::size_t i) {
        return std::get<LevelChange>(all[i]).change.end_of_frame;
    };
    CHECK_FALSE(ends(0));
    CHECK_FALSE(ends(1));
    CHECK(ends(2));
    CHECK(ends(3));
    CHECK(ends(4));
    CHECK(std::get<LevelChange>(all[0]).change.size.is_zero());
}

TEST_CASE("An empty top is no price", "[polymarket][parse][market]") {
    auto const all = messages(payload("market_price_change_many.json"));

    CHECK_FALSE(std::get<LevelChange>(all[2]).best_bid.has_value());
    CHECK_FALSE(std::get<LevelChange>(all[2]).best_ask.has_value());
    CHECK_FALSE(std::get<LevelChange>(all[3]).best_bid.has_value());
    CHECK_FALSE(std::get<LevelChange>(all[3]).best_ask.has_value());
}

TEST_CASE("A book keeps the venue's order and what its hash needs", "[polymarket][parse][market]") {
    auto const book = only<BookMessage>(payload("market_book.json"));

    CHECK(book.market == condition());
    CHECK(book.book.token == up_token());
    REQUIRE(book.book.bids.size() == 2);
    CHECK(book.book.bids[1] == Level{cents(48), Shares::from_micros(150'250'000)});
    REQUIRE(book.book.asks.size() == 2);
    CHECK(book.book.asks[0].price == cents(99));
    CHECK(book.min_order_size == shares(5));
    CHECK(book.tick == cents(1));
    CHECK(book.neg_risk == false);
    CHECK(book.last_trade == cents(51));
}

TEST_CASE(
    "Empty, null and unknown members of a book are tolerated", "[polymarket][parse][market]"
) {
    auto const book = only<BookMessage>(payload("market_book_empty_side.json"));

    CHECK(book.book.bids.empty());
    CHECK_FALSE(book.tick.has_value());
    CHECK_FALSE(book.last_trade.has_value());
    CHECK_FALSE(book.hash.has_value());
}

TEST_CASE("GET /book and POST /books answer the same object", "[polymarket][parse][market]") {
    auto const single = with(payload("market_book.json"), "\"event_type\":\"book\",", "");

    CHECK(parse_book(single, received_at).value().book.token == up_token());
    CHECK(parse_books("[" + single + "," + single + "]", received_at).value().size() == 2);
    CHECK(parse_books("[]", received_at).value().empty());
    CHECK_FALSE(
        parse_book("{\"error\":\"No orderbook exists for the requested token id\"}", received_at)
    );
    CHECK_FALSE(parse_book(payload("market_last_trade.json"), received_at));
}

TEST_CASE(
    "Trades, tick sizes, tops, listings and resolutions are read", "[polymarket][parse][market]"
) {
    auto const trade = only<PublicTrade>(payload("market_last_trade.json"));
    auto const tick = only<TickSizeChanged>(payload("market_tick_size.json"));
    auto const top = only<TopOfBook>(payload("market_best_bid_ask.json"));
    auto const listed = only<NewMarket>(payload("market_new_market.json"));
    auto const resolved = only<ResolutionMessage>(payload("market_resolved.json"));

    CHECK(trade.taker_side == Side::sell);
    CHECK(trade.price == Price::from_micros(456'000));
    CHECK(trade.size == Shares::from_micros(219'217'767));
    CHECK(tick.old_tick == cents(1));
    CHECK(tick.new_tick == Price::from_micros(1'000));
    CHECK(top.bid == cents(73));
    CHECK(top.ask == cents(77));
    CHECK(listed.question == "Bitcoin \"Up or Down\"");
    CHECK(listed.tokens == std::vector{up_token(), down_token()});
    CHECK(resolved.event.market == condition());
    CHECK(resolved.event.winner == Outcome::down);
    CHECK(resolved.winner == down_token());
    CHECK(resolved.event.source == PriceSource::venue);
}

TEST_CASE("A resolution without a clear winner is refused", "[polymarket][parse][market]") {
    auto const text = payload("market_resolved.json");
    auto const down = to_string(down_token());

    CHECK(
        why(with(text, "\"winning_asset_id\":\"" + down, "\"winning_asset_id\":\"1"))
            .find("none of assets_ids") != std::string::npos
    );
    CHECK(
        why(with(text, "\"winning_asset_id\"", "\"other\"")).find("winning_asset_id") !=
        std::string::npos
    );
}

TEST_CASE("Unknown event types are counted and named", "[polymarket][parse][market]") {
    MarketChannelParser parser;
    std::vector<MarketMessage> out;

    auto const summary = parser.parse(payload("market_unknown.json"), received_at, out);

    CHECK(summary.value().unknown == 1);
    CHECK(summary.value().unknown_type == "something_new");
    CHECK(out.size() == 1);
}

TEST_CASE("PONG is no message", "[polymarket][parse][market]") {
    MarketChannelParser parser;
    std::vector<MarketMessage> out;

    CHECK(parser.parse("PONG", received_at, out).value().pong);
    CHECK(parser.parse("[]", received_at, out).value().pong == false);
    CHECK(out.empty());
}

TEST_CASE(
    "A frame with one bad change yields nothing and says which field", "[polymarket][parse][market]"
) {
    auto const text = payload("market_price_change.json");
    MarketChannelParser parser;
    std::vector<MarketMessage> out;
    REQUIRE(parser.parse(payload("market_last_trade.json"), received_at, out));

    auto const parsed = parser.parse(with(text, "\".48\"", "\"-0.48\""), received_at, out);

    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().fault == Fault::parse);
    CHECK(parsed.error().detail.find("price_changes") != std::string::npos);
    CHECK(out.size() == 1);
}

TEST_CASE("Malformed frames are refused", "[polymarket][parse][market]") {
    auto const text = payload("market_price_change.json");

    CHECK(why("") != "accepted");
    CHECK(why("null") != "accepted");
    CHECK(why("[1]") != "accepted");
    CHECK(why("INVALID OPERATION") != "accepted");
    CHECK(why(text + "x") != "accepted");
    CHECK(why(with(text, "\"side\":\"BUY\"", "\"side\":\"HOLD\"")) != "accepted");
    CHECK(why(with(text, "\"size\":\"150.5\"", "\"size\":\"\"")) != "accepted");
    CHECK(why(with(text, "\"size\":\"150.5\"", "\"size\":\"0.1234567\"")) != "accepted");
    CHECK(why(with(text, "1790000000123", "soon")).find("timestamp") != std::string::npos);
    CHECK(
        why(with(text, "\"price_change\"", "\"book\"")).find("another type") != std::string::npos
    );
    CHECK(
        why(with(payload("market_book.json"), "0x78443f", "0x7844")).find("market") !=
        std::string::npos
    );
}

TEST_CASE("Every truncation of a frame is refused", "[polymarket][parse][market]") {
    auto text = payload("market_price_change_many.json");
    text.pop_back();
    for (std::size_t n = 0; n < text.size(); ++n) {
        CAPTURE(n);
        REQUIRE_FALSE(parse_market_frame(std::string_view{text}.substr(0, n), received_at));
    }
    CHECK(parse_market_frame(text, received_at));
}

TEST_CASE("Numbers where strings used to be are read", "[polymarket][parse][market]") {
    auto const text = with(payload("market_last_trade.json"), "\"0.456\"", "0.456");

    CHECK(only<PublicTrade>(text).price == Price::from_micros(456'000));
}

TEST_CASE("The token cache never mixes up tokens", "[polymarket][parse][market]") {
    MarketChannelParser parser;
    auto const base = payload("market_last_trade.json");
    auto const digits = to_string(up_token());
    for (int round = 0; round < 2; ++round)
        for (int i = 10; i < 1000; ++i) {
            auto const text = std::to_string(i) + digits.substr(digits.size() - 8);
            std::vector<MarketMessage> out;

            REQUIRE(parser.parse(with(base, digits, text), received_at, out));
            REQUIRE(to_string(std::get<PublicTrade>(out[0]).token) == text);
        }
}

TEST_CASE("Recorded books hash to what the venue says", "[polymarket][parse][hash]") {
    JsonFile const file{source_path("tests/golden/books/books.json")};
    std::size_t rows = 0;
    for (auto row : file.rows("books")) {
        auto const book = parse_book(text_at(row, "message"), received_at).value();
        BookTail tail;
        tail.tick = parse_price(text_at(row, "tick")).value();
        tail.last_trade = parse_price(text_at(row, "last_trade")).value();

        auto const hash = book_hash(
            book.market,
            book.book.token,
            unix_millis(book.book.at.venue_time),
            book.book.bids,
            book.book.asks,
            tail
        );

        CHECK(book.hash == hash);
        if (book.last_trade) CHECK(book.last_trade == tail.last_trade);
        ++rows;
    }
    CHECK(rows == 6);
}

TEST_CASE("A book hash changes with any level", "[polymarket][parse][hash]") {
    auto const book = only<BookMessage>(payload("market_book.json"));
    auto const hash_of = [&](std::vector<Level> const& bids) {
        return book_hash(book.market, book.book.token, 1, bids, book.book.asks, {});
    };
    auto other = book.book.bids;
    other[0].size += Shares::from_micros(1);

    CHECK(hash_of(book.book.bids) != hash_of(other));
    CHECK_FALSE(parse_book_hash("0xhash001").has_value());
}
