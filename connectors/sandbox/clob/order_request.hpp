// The body of POST /order as a value.
#pragma once

#include "connectors/sandbox/world/exchange.hpp"

#include <string_view>
#include <vector>

namespace polyquant::sandbox {

// Failures carry what the venue answers to a body it cannot use.
Result<PostedOrder> parse_posted_order(std::string_view body);
// The array of POST /orders; at most 15.
Result<std::vector<PostedOrder>> parse_posted_orders(std::string_view body);
// ["0x..","0x.."] of DELETE /orders.
Result<std::vector<OrderId>> parse_order_ids(std::string_view body);

// A member of a small request body as text; empty when it is not there.
std::string body_text(std::string_view body, std::string_view key);

// The members of [{"token_id":"..","side":".."}, ...].
struct TokenRequest {
    TokenId token;
    std::string side;
};

Result<std::vector<TokenRequest>> parse_token_requests(std::string_view body);

} // namespace polyquant::sandbox
