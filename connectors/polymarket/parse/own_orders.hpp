// Our own orders and trades as the user channel and the authenticated REST routes tell them.
#pragma once

#include "connectors/polymarket/parse/reject.hpp"
#include "engine/core/events.hpp"

#include <variant>

namespace polyquant::polymarket {

struct OwnOrder {
    Stamp at;
    OrderReport report;
    std::optional<ConditionId> market;
    TokenId token;
    Side side = Side::buy;
    Price price;
    Shares original_size; // of FOK and FAK buys the venue writes pUSD here: not to be relied on
    std::vector<TradeId> trades;
};

// Our fills in one trade: as its taker one for each price it was matched at (the second and further
// ones are named "<id>/2", "<id>/3"), or one for each maker order of ours, which share the trade's
// id: a fill's identity is (trade, order). TradeReport.fee is zero here: the venue does not
// say it, it follows from the market's schedule.
struct OwnTrade {
    Stamp at;
    std::vector<TradeReport> fills;
    ConditionId market;
    std::string transaction_hash; // "" until executed, may change until confirmed
};

using UserMessage = std::variant<OwnOrder, OwnTrade>;

struct UserFrame {
    bool pong = false;
    std::vector<UserMessage> messages;
    std::uint32_t unknown = 0;
    std::string unknown_type;
};

// A frame of the user channel. `owner` is our API key: it tells our maker orders from others'.
// Fails as a whole when a message about us cannot be understood; the caller then reconciles.
// https://docs.polymarket.com/developers/CLOB/websocket/user-channel
Result<UserFrame>
parse_user_frame(std::string_view frame, std::string_view owner, UtcTime received_at);

template <class T>
struct Page {
    std::vector<T> rows;
    std::string next_cursor; // empty on the last page
};

// GET /data/order/{id}: empty when the venue has no such active order ("", null, {}).
Result<std::optional<OwnOrder>> parse_open_order(std::string_view body, UtcTime received_at);
// GET /data/orders
Result<Page<OwnOrder>> parse_open_orders(std::string_view body, UtcTime received_at);
// GET /data/trades
Result<Page<OwnTrade>>
parse_trades(std::string_view body, std::string_view owner, UtcTime received_at);

} // namespace polyquant::polymarket
