// From what a strategy wants to what the venue accepts: amounts, grid and minimums, checked before
// anything is signed.
#pragma once

#include "engine/core/orders.hpp"

namespace polyquant::polymarket {

// FOK and FAK buys are denominated in money: size * limit, rounded down to a cent, so that an order
// never costs more than the risk gate approved. Everything else is denominated in shares.
// Failures are Fault::invalid and say which rule of the venue the order would break.
Result<OrderAmounts> order_amounts(PlaceOrder const& order, Market const& market);

// Seconds for the body's "expiration": 0 unless the order is GTD, which needs cancel_at at least a
// minute ahead (the venue drops GTD orders a minute early and refuses nearer ones).
Result<std::int64_t> order_expiration(PlaceOrder const& order, UtcTime now);

} // namespace polyquant::polymarket
