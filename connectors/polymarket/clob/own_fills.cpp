#include "connectors/polymarket/clob/own_fills.hpp"

namespace polyquant::polymarket {

Result<std::vector<OwnTradeReport>>
own_trade_reports(OwnTrade const& trade, MarketOf const& market_of, Rounding fee_rounding) {
    auto const* market = market_of(trade.market);
    std::vector<OwnTradeReport> reports;
    for (auto const& fill : trade.fills) {
        OwnTradeReport event{trade.at, fill};
        if (!fill.maker) {
            if (market == nullptr)
                return Failure{
                    Fault::invalid,
                    "clob.trade " + fill.trade.text,
                    "its market " + to_string(trade.market) + " is unknown, so its fee is as well"
                };
            event.report.fee = taker_fee(market->fee, fill.size, fill.price, fee_rounding);
        }
        reports.push_back(std::move(event));
    }
    return reports;
}

OwnOrderReport own_order_report(OwnOrder const& order) {
    return {order.at, order.report};
}

} // namespace polyquant::polymarket
