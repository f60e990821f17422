// The venue's statements about our own orders as the engine's events.
#pragma once

#include "connectors/polymarket/parse/own_orders.hpp"

#include <functional>
#include <vector>

namespace polyquant::polymarket {

// Null when the market is not known (any more).
using MarketOf = std::function<Market const*(ConditionId const&)>;

// The venue says no fee with a fill: it follows from the market's schedule and the rounding, which
// the venue does not document. Makers pay none. Fails when the fee cannot be known because the
// market is not: the caller must find the market first or stop trading.
Result<std::vector<OwnTradeReport>>
own_trade_reports(OwnTrade const& trade, MarketOf const& market_of, Rounding fee_rounding);

OwnOrderReport own_order_report(OwnOrder const& order);

} // namespace polyquant::polymarket
