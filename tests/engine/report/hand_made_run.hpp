// Runs made by hand: trades with results that can be checked with a pencil.
#pragma once

#include "engine/report/run_data.hpp"

#include <fmt/format.h>

namespace polyquant::report::testing {

inline constexpr auto first_day = utc_from_seconds(1'776'038'400); // 2026-04-13T00:00:00Z

struct Buy {
    int window = 0; // its number from the first day's midnight on
    Outcome outcome = Outcome::up;
    int ask_cents = 90;
    int shares_bought = 10;
    bool won = true;
    double probability = 0.95;
};

// Decided 30 s before the close, filled at the ask, with a fee of 1 cent a share.
inline void add(RunData& run, Buy const& buy) {
    Window const window{first_day + Seconds{300} * buy.window, Seconds{300}};
    auto const slug = updown_slug(Asset::btc, window);
    auto const number = run.orders.size() + 1;
    OrderRow order;
    order.order.bytes[31] = static_cast<std::uint8_t>(number);
    order.order.bytes[30] = static_cast<std::uint8_t>(number >> 8);
    order.strategy = {"s1"};
    order.asset = Asset::btc;
    order.slug = slug;
    order.window = window;
    order.outcome = buy.outcome;
    order.decided_at = window.end() - Seconds{30};
    order.seen_price = order.limit = cents(buy.ask_cents);
    order.size = shares(buy.shares_bought);
    order.win_probability = buy.probability;
    order.edge = buy.probability - buy.ask_cents / 100.0 - 0.01;
    order.state = OrderState::confirmed;
    Trade trade;
    trade.order = order.order;
    trade.strategy = order.strategy;
    trade.decided_at = order.decided_at;
    trade.window_start = window.start;
    trade.slug = slug;
    trade.asset = Asset::btc;
    trade.outcome = buy.outcome;
    trade.ask_price = trade.fill_price = order.limit;
    trade.shares = order.size;
    trade.bet_size = usd_cents(std::int64_t{buy.ask_cents} * buy.shares_bought);
    trade.fee = usd_cents(buy.shares_bought);
    trade.resolved = true;
    trade.won = buy.won;
    trade.pnl = (buy.won ? usd(buy.shares_bought) : Usdc{}) - trade.bet_size - trade.fee;
    trade.win_probability = buy.probability;
    trade.edge = order.edge;
    trade.state = OrderState::confirmed;
    auto const winner = buy.won ? buy.outcome : opposite(buy.outcome);
    run.windows[slug] = {Asset::btc, window, winner, "spot", PriceSource::binance_bar};
    run.orders.push_back(order);
    run.trades.push_back(trade);
    auto& strategy = run.strategies.front();
    strategy.equity += *trade.pnl;
    strategy.fees += trade.fee;
}

inline RunData empty_run(int days = 3) {
    RunData run;
    run.strategies.push_back({{"s1"}, "scalp_s1", "bet = 5", usd(100), usd(100), {}, {}});
    run.from = first_day;
    run.until = first_day + Seconds{86'400} * days;
    return run;
}

} // namespace polyquant::report::testing
