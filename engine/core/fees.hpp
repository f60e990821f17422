// Taker fees and the venue's order amounts: exact integer functions, used by the simulated venue,
// by edge and by break-even alike.
#pragma once

#include "engine/core/units.hpp"

namespace polyquant {

// A market's own fee schedule (Gamma `feeSchedule`, CLOB `fd`). Makers pay nothing.
// https://docs.polymarket.com/trading/fees: fee = shares * rate * (price * (1 - price))^exponent
struct FeeSchedule {
    std::int64_t rate_micros = 0; // 0.07 -> 70'000
    int exponent = 1;             // 1 or 2

    friend constexpr auto operator<=>(FeeSchedule const&, FeeSchedule const&) = default;
};

constexpr FeeSchedule no_fee() {
    return {};
}

constexpr FeeSchedule crypto_fee() {
    return {70'000, 1};
}

// The fee in USDC, rounded to 5 decimals as the venue does; its direction is undocumented: budget
// with Rounding::up, expect Rounding::down (one decoded fill agrees with truncation).
Usdc taker_fee(FeeSchedule const& schedule, Shares size, Price price, Rounding rounding);

// The same at a volume-weighted price given with 9 decimals (527'058'567 = 0.527058567).
Usdc taker_fee_at_e9(
    FeeSchedule const& schedule, Shares size, std::int64_t price_e9, Rounding rounding
);

// Fee of one share as a fraction of 1 USDC, unrounded: for edges and break-even tables.
double fee_per_share(FeeSchedule const& schedule, Price price);

// Win probability at which a taker's buy at `ask` earns nothing: ask + fee per share.
double break_even_probability(FeeSchedule const& schedule, Price ask);

// What an order gives (maker) and gets (taker), in micro units, by the venue's rounding table
// (reference: ROUNDING_CONFIG of the official clients, per tick size).
struct OrderAmounts {
    std::int64_t maker = 0;
    std::int64_t taker = 0;

    friend constexpr auto operator<=>(OrderAmounts const&, OrderAmounts const&) = default;
};

// Ticks the venue knows: 0.1, 0.01, 0.005, 0.0025, 0.001, 0.0001; any other is refused.
Result<OrderAmounts> limit_order_amounts(Price tick, Side side, Shares size, Price price);
// FOK and FAK buys are denominated in money.
Result<OrderAmounts> market_buy_amounts(Price tick, Usdc money, Price limit);
Result<OrderAmounts> market_sell_amounts(Price tick, Shares size, Price limit);

} // namespace polyquant
