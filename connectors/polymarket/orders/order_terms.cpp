#include "connectors/polymarket/orders/order_terms.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

constexpr auto marketable_minimum = usd(1);
constexpr auto gtd_lead_min = Seconds{60};

Failure refused(std::string why) {
    return Failure{Fault::invalid, "order terms", std::move(why)};
}

bool is_immediate(TimeInForce tif) {
    return tif == TimeInForce::fok || tif == TimeInForce::fak;
}

Result<void> check_price(Price limit, Price tick) {
    if (tick.micros() <= 0) return refused("the market has no tick size");
    if (limit < tick || limit > tick.complement())
        return refused(fmt::format(
            "limit {} lies outside {} to {}",
            to_string(limit),
            to_string(tick),
            to_string(tick.complement())
        ));
    if (!is_on_tick(limit, tick))
        return refused(fmt::format(
            "limit {} is not a multiple of the tick {}", to_string(limit), to_string(tick)
        ));
    return {};
}

Result<OrderAmounts> immediate_amounts(PlaceOrder const& order, Market const& market) {
    if (order.side == Side::sell) return market_sell_amounts(market.tick, order.size, order.limit);
    auto const money = cost_rounded_down(order.limit, order.size);
    auto const amounts = market_buy_amounts(market.tick, money, order.limit);
    if (amounts && amounts->maker < marketable_minimum.micros())
        return refused(fmt::format(
            "a marketable buy of {} USDC is below the venue's minimum of {}",
            to_string(Usdc::from_micros(amounts->maker)),
            to_string(marketable_minimum)
        ));
    return amounts;
}

Result<OrderAmounts> resting_amounts(PlaceOrder const& order, Market const& market) {
    if (order.size < market.min_size)
        return refused(fmt::format(
            "{} shares are below the market's minimum of {} for a resting order",
            to_string(order.size),
            to_string(market.min_size)
        ));
    return limit_order_amounts(market.tick, order.side, order.size, order.limit);
}

} // namespace

Result<OrderAmounts> order_amounts(PlaceOrder const& order, Market const& market) {
    if (order.market != market.condition || !market.outcome_of(order.token))
        return refused(fmt::format(
            "token {} does not belong to market {}",
            short_text(order.token),
            short_text(market.condition)
        ));
    if (auto const good = check_price(order.limit, market.tick); !good) return good.error();
    if (order.size.micros() <= 0) return refused("the size is not positive");
    if (order.post_only && is_immediate(order.tif))
        return refused("post-only makes sense for GTC and GTD orders only");
    auto const amounts =
        is_immediate(order.tif) ? immediate_amounts(order, market) : resting_amounts(order, market);
    if (amounts && (amounts->maker <= 0 || amounts->taker <= 0))
        return refused(fmt::format(
            "{} shares at {} round to nothing", to_string(order.size), to_string(order.limit)
        ));
    return amounts;
}

Result<std::int64_t> order_expiration(PlaceOrder const& order, UtcTime now) {
    if (order.tif != TimeInForce::gtd) return 0;
    if (!order.cancel_at) return refused("a GTD order needs a time to expire");
    if (*order.cancel_at < now + gtd_lead_min)
        return refused(fmt::format(
            "a GTD order must expire at least {} s ahead; use GTC and cancel it ourselves",
            gtd_lead_min.count()
        ));
    return unix_seconds(*order.cancel_at);
}

} // namespace polyquant::polymarket
