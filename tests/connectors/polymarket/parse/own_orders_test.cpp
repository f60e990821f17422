#include "connectors/polymarket/parse/own_orders.hpp"
#include "tests/connectors/polymarket/parse/payloads.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;
using Status = OrderReport::Status;

namespace {

template <class T>
T only(std::string const& text) {
    auto const frame = parse_user_frame(text, our_key, received_at).value();
    REQUIRE(frame.messages.size() == 1);
    return std::get<T>(frame.messages.front());
}

OwnOrder order(std::string const& file) {
    return only<OwnOrder>(payload(file));
}

OwnTrade trade(std::string const& file) {
    return only<OwnTrade>(payload(file));
}

} // namespace

TEST_CASE("Order events carry state and cumulative fills", "[polymarket][parse][user]") {
    auto const placed = order("user_order_placement.json");
    auto const partial = order("user_order_partial.json");
    auto const matched = order("user_order_matched.json");
    auto const delayed = order("user_order_delayed.json");

    CHECK(placed.report.status == Status::live);
    CHECK(placed.report.matched.is_zero());
    CHECK(placed.token == up_token());
    CHECK(placed.market == condition());
    CHECK(placed.price == cents(52));
    CHECK(placed.original_size == shares(5));
    CHECK(placed.at.venue_time == utc_from_millis(1'790'000'000'456));
    CHECK(partial.report.status == Status::live);
    CHECK(partial.report.matched == Shares::from_micros(2'500'000));
    CHECK(partial.trades == std::vector{TradeId{"t-1"}});
    CHECK(matched.report.status == Status::matched);
    CHECK(delayed.report.status == Status::delayed);
}

TEST_CASE(
    "A killed FOK is a cancellation without fill and keeps the venue's words",
    "[polymarket][parse][user]"
) {
    auto const killed = order("user_order_fok_killed.json");

    CHECK(killed.report.status == Status::cancelled);
    CHECK(killed.report.reason == Reason::not_filled);
    CHECK(killed.report.matched.is_zero());
    CHECK(killed.report.text.find("fully filled or killed") != std::string::npos);
}

TEST_CASE("Cancellations by the venue say why", "[polymarket][parse][user]") {
    CHECK(order("user_order_market_resolved.json").report.reason == Reason::market_closed);
    CHECK(order("user_order_invalid.json").report.status == Status::cancelled);
    CHECK(order("user_order_invalid.json").report.reason == Reason::cancelled);
}

TEST_CASE("A taker's trade is one fill for each price of its makers", "[polymarket][parse][user]") {
    auto const t = trade("user_trade_taker.json");

    // 3 at 0.51 and 2 at 1 - 0.48 by minting; the trade itself says 5 at 0.52.
    REQUIRE(t.fills.size() == 2);
    CHECK(t.fills[0].trade.text == "11111111-2222-3333-4444-555555555555");
    CHECK(t.fills[0].side == Side::buy);
    CHECK(t.fills[0].price == cents(51));
    CHECK(t.fills[0].size == shares(3));
    CHECK(t.fills[1].trade.text == "11111111-2222-3333-4444-555555555555/2");
    CHECK(t.fills[1].price == cents(52));
    CHECK(t.fills[1].size == shares(2));
    CHECK_FALSE(t.fills[0].maker);
    CHECK(t.fills[0].state == TradeState::matched);
    CHECK(t.fills[0].matched_at == utc_from_seconds(1'790'000'000));
}

TEST_CASE(
    "A maker's fills are our entries only, each with its own token and side",
    "[polymarket][parse][user]"
) {
    auto const t = trade("user_trade_maker.json");

    REQUIRE(t.fills.size() == 2);
    CHECK(t.fills[0].maker);
    CHECK(t.fills[0].token == up_token());
    CHECK(t.fills[0].side == Side::sell);
    CHECK(t.fills[0].size == shares(3));
    CHECK(t.fills[1].token == down_token());
    CHECK(t.fills[1].side == Side::buy);
    CHECK(t.fills[1].price == cents(48));
    CHECK(t.fills[0].state == TradeState::confirmed);
    CHECK(t.fills[0].order != t.fills[1].order);
    CHECK(t.transaction_hash == "0xfeed");
}

TEST_CASE("Every state of a trade is known with and without prefix", "[polymarket][parse][user]") {
    CHECK(trade("user_trade_matched_not_broadcasted.json").fills[0].state == TradeState::matched);
    CHECK(trade("user_trade_mined.json").fills[0].state == TradeState::mined);
    CHECK(trade("user_trade_retrying.json").fills[0].state == TradeState::retrying);
    CHECK(trade("user_trade_failed.json").fills[0].state == TradeState::failed);
}

TEST_CASE("Messages about us that cannot be understood fail", "[polymarket][parse][user]") {
    auto const bad = [](std::string const& text) {
        return !parse_user_frame(text, our_key, received_at).has_value();
    };
    auto const placed = payload("user_order_placement.json");
    auto const taken = payload("user_trade_taker.json");

    CHECK(bad(with(placed, "\"LIVE\"", "\"PONDERING\"")));
    CHECK(bad(with(placed, "0x1234567890", "0x12")));
    CHECK(bad(with(placed, "\"BUY\"", "\"\"")));
    CHECK(bad(with(taken, "\"MATCHED\"", "\"LOST\"")));
    CHECK(bad(with(taken, "\"size\":\"5\"", "\"size\":\"\"")));
    CHECK(bad(with(taken, "11111111-2222-3333-4444-555555555555", "")));
    CHECK(
        bad(with(payload("user_trade_maker.json"), "\"owner\":\"f4f247b7", "\"owner\":\"a4f247b7")
        ) == false
    );
    CHECK(bad("nonsense"));
    CHECK(bad("7"));
}

TEST_CASE("A maker trade without an entry of ours fails", "[polymarket][parse][user]") {
    auto const frame =
        parse_user_frame(payload("user_trade_maker.json"), "somebody-else", received_at);

    REQUIRE_FALSE(frame);
    CHECK(frame.error().detail.find("no fill of ours") != std::string::npos);
}

TEST_CASE("User frames may be arrays, PONG or of unknown type", "[polymarket][parse][user]") {
    auto const placed = payload("user_order_placement.json");
    auto const both = parse_user_frame(
        "[" + placed + "," + payload("user_trade_mined.json") + ",{\"event_type\":\"news\"}]",
        our_key,
        received_at
    );

    CHECK(both.value().messages.size() == 2);
    CHECK(both.value().unknown == 1);
    CHECK(both.value().unknown_type == "news");
    CHECK(parse_user_frame("PONG", our_key, received_at).value().pong);
}

TEST_CASE("An order that the venue does not know reads as empty", "[polymarket][parse][rest]") {
    for (auto const* body : {"", "null", "{}", "\n"})
        CHECK_FALSE(parse_open_order(body, received_at).value().has_value());
    CHECK(parse_open_order(payload("user_order_partial.json"), received_at).value().has_value());
    CHECK_FALSE(parse_open_order("[]", received_at));
}

TEST_CASE("Pages end with the venue's end cursor", "[polymarket][parse][rest]") {
    auto const row = payload("user_order_partial.json");

    auto const last =
        parse_open_orders("{\"data\":[" + row + "],\"next_cursor\":\"LTE=\"}", received_at);
    auto const more = parse_open_orders("{\"data\":[],\"next_cursor\":\"MTAw\"}", received_at);
    auto const none = parse_open_orders("{\"data\":null,\"next_cursor\":\"LTE=\"}", received_at);

    CHECK(last.value().rows.size() == 1);
    CHECK(last.value().next_cursor.empty());
    CHECK(more.value().next_cursor == "MTAw");
    CHECK(none.value().rows.empty());
    CHECK_FALSE(parse_open_orders("{\"error\":\"x\"}", received_at));
}
