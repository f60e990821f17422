// The venue's JSON for books, orders and trades, with its spelling of numbers: money as text, times
// as text in seconds or milliseconds depending on the place.
#pragma once

#include "connectors/polymarket/parse/book_hash.hpp"
#include "connectors/sandbox/world/world.hpp"

#include <string>
#include <string_view>

namespace polyquant::sandbox {

// Quoted and escaped.
std::string json_text(std::string_view text);
std::string json_strings(std::span<std::string const> texts);

// One token's book as it is now. The hash covers exactly what is printed.
struct BookPrint {
    std::string bids; // JSON arrays, worst level first
    std::string asks;
    polymarket::BookHash hash{};
};

BookPrint
print_book(Exchange const& exchange, WorldMarket const& market, TokenId const& token, UtcTime at);
// Without `event_type` as GET /book answers it; with it as the market channel sends it.
std::string book_json(
    Exchange const& exchange,
    WorldMarket const& market,
    TokenId const& token,
    UtcTime at,
    bool as_event
);

// Of the token's own frame; empty before the first trade.
std::optional<Price> last_trade(WorldMarket const& market, TokenId const& token);
std::string_view outcome_name(WorldMarket const& market, TokenId const& token);
// Digits of a JSON number: "0.01".
std::string tick_text(WorldMarket const& market);
// {"exponent":1,"rate":0.07,"takerOnly":true,"rebateRate":0.2}
std::string fee_schedule_json(FeeSchedule const& fee);

std::string open_order_json(OrderRecord const& order, WorldMarket const* market);
std::string order_event_json(OwnOrderNews const& news, WorldMarket const* market);
// As `owner` sees it: as its taker or through its maker orders.
std::string trade_json(TradeRecord const& trade, WorldMarket const* market, std::string_view owner);
std::string trade_event_json(
    TradeRecord const& trade, WorldMarket const* market, std::string_view owner, UtcTime at
);

// GET /markets/{condition} and the rows of its listings.
std::string market_json(WorldMarket const& market);
std::string simplified_market_json(WorldMarket const& market);
std::string clob_market_json(WorldMarket const& market);

} // namespace polyquant::sandbox
