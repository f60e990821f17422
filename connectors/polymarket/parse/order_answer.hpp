// Answers to orders, cancels and the small authenticated calls around them.
#pragma once

#include "connectors/polymarket/parse/reject.hpp"
#include "engine/core/orders.hpp"

#include <map>
#include <vector>

namespace polyquant::polymarket {

// The venue's answer to one posted order. Amounts at placement are left out on purpose: their units
// differ between the venue's own documents; fills come as trades.
struct OrderAnswer {
    std::optional<OrderId> order; // empty when refused
    OrderReport::Status status = OrderReport::Status::rejected;
    RejectReason reason = RejectReason::none;
    std::string text; // the venue's words
    std::vector<TradeId> trades;
};

// 200 means accepted only with an id, no error text and a known status. A Failure is an answer that
// says nothing about the order (unreadable, 5xx, 429): ask outcome_unknown().
Result<OrderAnswer> parse_order_answer(int http_status, std::string_view body);
// In the order of the request; a count other than `expected` is a parse failure.
Result<std::vector<OrderAnswer>>
parse_batch_answer(int http_status, std::string_view body, std::size_t expected);

struct CancelAnswer {
    std::vector<OrderId> cancelled;
    std::map<OrderId, std::string> refused; // with the venue's words
};

Result<CancelAnswer> parse_cancel_answer(int http_status, std::string_view body);

// "already canceled or matched" and its like: the order is over, its fills decide how.
bool is_already_over(std::string_view cancel_refusal);

struct BalanceAllowance {
    std::int64_t balance_micros = 0;
    // By spender, lower case. Saturated: an unlimited approval is larger than any count of micros.
    std::map<std::string, std::int64_t> allowances;
};

Result<BalanceAllowance> parse_balance_allowance(int http_status, std::string_view body);

struct HeartbeatAnswer {
    std::string id; // to send next
    bool mismatch = false;
};

Result<HeartbeatAnswer> parse_heartbeat(int http_status, std::string_view body);

// GET /time: whole seconds as a bare number.
Result<UtcTime> parse_server_time(std::string_view body);

// GET /version: the order version the server expects for CTF orders.
Result<int> parse_order_version(std::string_view body);

} // namespace polyquant::polymarket
