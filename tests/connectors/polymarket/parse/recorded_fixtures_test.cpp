// The recorded messages live beside the repository, not in it: without them these tests say so and
// pass; the payloads of tests/payloads cover the same kinds.
#include "connectors/polymarket/contracts.hpp"
#include "connectors/polymarket/parse/listing.hpp"
#include "connectors/polymarket/parse/market_channel.hpp"
#include "connectors/polymarket/parse/order_answer.hpp"
#include "connectors/polymarket/parse/own_orders.hpp"
#include "connectors/polymarket/parse/positions.hpp"
#include "connectors/polymarket/parse/price_feed.hpp"
#include "tests/connectors/polymarket/parse/payloads.hpp"
#include "tests/support/catch.hpp"

#include <filesystem>
#include <iostream>

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;

namespace {

constexpr auto their_key = std::string_view{"00000000-0000-0000-0000-000000000001"};

std::optional<std::string> recorded(std::string const& name) {
    auto const path = source_path("../shared/data/fixtures/" + name);
    if (std::filesystem::exists(path)) {
        // Their makers replaced real order ids by one of 66 digits, which no order can have.
        auto text = read_text(path);
        for (auto at = text.find("cdef12\""); at != std::string::npos; at = text.find("cdef12\""))
            text.erase(at + 4, 2);
        return text;
    }
    std::cout << "skipped: no recorded message " << name << "\n";
    return std::nullopt;
}

std::string result_of_user(std::string const& file) {
    auto const text = recorded(file);
    if (!text) return "absent";
    auto const frame = parse_user_frame(*text, their_key, received_at);
    return frame ? "read" : frame.error().detail;
}

std::string result_of_listing(std::string const& file) {
    auto const text = recorded(file);
    if (!text) return "absent";
    auto const usdc_e = contracts_of(polygon_chain_id).value().ctf_collateral;
    auto const listings = parse_listings(*text, usdc_e);
    if (!listings) return describe(listings.error());
    REQUIRE_FALSE(listings->empty());
    return listings->front().refusal;
}

bool is(std::string const& result, std::string_view expected) {
    UNSCOPED_INFO(result);
    return result == "absent" || result == expected;
}

bool says(std::string const& result, std::string_view part) {
    UNSCOPED_INFO(result);
    return result == "absent" || result.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("Recorded market messages parse into one message each", "[polymarket][parse][recorded]") {
    for (auto const* name :
         {"ws_book_snapshot",
          "ws_last_trade",
          "ws_market_best_bid_ask_msg",
          "ws_market_book_msg",
          "ws_market_last_trade_msg",
          "ws_market_new_market_msg",
          "ws_market_price_change_msg",
          "ws_market_resolved_msg",
          "ws_market_tick_size_msg",
          "ws_tick_size_change"}) {
        CAPTURE(name);
        if (auto const text = recorded(std::string{"polymarket/"} + name + ".json"))
            CHECK(parse_market_frame(*text, received_at).value().size() == 1);
    }
    if (auto const text = recorded("polymarket/ws_quotes.json"))
        CHECK(parse_market_frame(*text, received_at).value().size() == 2);
    if (auto const text = recorded("polymarket/clob_book_response.json"))
        CHECK(parse_book(*text, received_at).value().book.bids.size() == 3);
}

TEST_CASE(
    "Recorded user messages are read or refused for a shortened id", "[polymarket][parse][recorded]"
) {
    for (auto const* name :
         {"ws_user_order_cancellation",
          "ws_user_order_matched",
          "ws_user_order_msg",
          "ws_user_order_placement",
          "ws_user_order_update",
          "ws_user_trade",
          "ws_user_trade_msg"}) {
        CAPTURE(name);
        CHECK(is(result_of_user(std::string{"polymarket/"} + name + ".json"), "read"));
    }
    for (auto const* name :
         {"polymarket/ws_user_order_fok_killed.json",
          "polymarket/ws_user_order_venue_cancel.json",
          "transcribed/ws_user_order_fok_buy_pusd_size.json"}) {
        CAPTURE(name);
        CHECK(says(result_of_user(name), "is not a valid id"));
    }
}

TEST_CASE("Recorded REST answers are read", "[polymarket][parse][recorded]") {
    if (auto const text = recorded("polymarket/http_open_orders_page.json"))
        CHECK(parse_open_orders(*text, received_at).value().rows.size() == 2);
    if (auto const text = recorded("polymarket/http_open_order.json"))
        CHECK(parse_open_order(*text, received_at).value()->report.matched == shares(25));
    if (auto const text = recorded("polymarket/http_trades_page.json"))
        CHECK(parse_trades(*text, their_key, received_at).value().rows.size() == 1);
    if (auto const text = recorded("polymarket/http_order_response_ok.json"))
        CHECK(parse_order_answer(200, *text).value().order.has_value());
    if (auto const text = recorded("polymarket/http_order_response_failed.json"))
        CHECK(parse_order_answer(200, *text).value().reason == RejectReason::not_enough_balance);
    if (auto const text = recorded("polymarket/http_order_response_error_500.json"))
        CHECK(parse_order_answer(500, *text).error().fault == Fault::transport);
    if (auto const text = recorded("polymarket/http_batch_cancel_response.json"))
        CHECK(parse_cancel_answer(200, *text).value().cancelled.size() == 2);
    if (auto const text = recorded("polymarket/http_cancel_response_failed.json"))
        CHECK(parse_cancel_answer(200, *text).value().refused.size() == 1);
    // One of its condition ids is a made-up word.
    if (auto const text = recorded("polymarket/data_api_positions_response.json"))
        CHECK(parse_positions(*text).error().detail.find("0xdust") != std::string::npos);
    if (auto const text = recorded("polymarket/http_balance_allowance_collateral.json"))
        CHECK(parse_balance_allowance(200, *text).value().balance_micros == 1'000'000'000);
}

TEST_CASE("Recorded price messages are read", "[polymarket][parse][recorded]") {
    if (auto const text = recorded("polymarket/rtds_crypto_prices_subscribe.json"))
        CHECK(parse_rtds(*text, received_at).value().ticks.size() == 3);
    if (auto const text = recorded("polymarket/rtds_crypto_prices_update.json"))
        CHECK(parse_rtds(*text, received_at).value().ticks.size() == 1);
    if (auto const text = recorded("polymarket/rtds_equity_prices_update.json"))
        CHECK(parse_rtds(*text, received_at).value().ignored == 1);
    if (auto const text = recorded("transcribed/rtds_crypto_twap_sixty_update.json"))
        CHECK(
            parse_rtds(*text, received_at).value().ticks.at(0).price ==
            UsdPrice::from_e8(6'499'781'000'000)
        );
}

TEST_CASE("Recorded listings become markets or refusals", "[polymarket][parse][recorded]") {
    CHECK(is(result_of_listing("transcribed/gamma_market_crypto_twap.json"), ""));
    CHECK(is(result_of_listing("polymarket/gamma_market.json"), "no fee schedule"));
    CHECK(says(result_of_listing("polymarket/gamma_event.json"), ""));
    for (auto const* name :
         {"polymarket/gamma_market_closed_nonbinary_legacy.json",
          "polymarket/gamma_market_closed_zero_zero_legacy.json"}) {
        CAPTURE(name);
        auto const result = result_of_listing(name);
        UNSCOPED_INFO(result);
        CHECK_FALSE(result.empty());
    }
}
