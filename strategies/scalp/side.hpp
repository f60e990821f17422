// The checks that S1 and S2 share: first those of the window as a whole, then those of one side.
//
// Precedence when nothing is bought. The first failing check of the window is the reason. Once
// sides are looked at, the reason is that of the side that came nearest to an order, in this order
// from near to far:
//   not_enough_depth, bankroll_short, below_minimum, size_zero, edge_too_small,
//   already_traded = not_filled = order_pending, ask_below_range = ask_above_range, no_ask,
//   book_stale, book_quarantined, book_missing.
// Two sides in the same place: the larger edge, or the ask closer to the range; then UP.
#pragma once

#include "strategies/scalp/params.hpp"
#include "strategies/strategy.hpp"

namespace polyquant::strategies {

struct WindowRules {
    ScalpParams const& params;
    config::AssetList const& assets;
    Seconds lead;
    bool enabled = true;
};

// strategy_off, no_market, outside_zone, strike_disputed, no_signal, signal_stale, spot_stale; or
// order_sent when the sides may be looked at. strategy_off also stands for an asset that the
// strategy does not trade.
Reason check_window(WindowRules const& rules, StrategyInput const& input);

struct SideOffer {
    SideAudit audit; // reason is order_sent when it is to be bought
    Price limit;
    Shares size;
};

// `state` is what counts as "already traded": of the side (S1) or of the whole window (S2).
SideOffer check_side(
    ScalpParams const& params, StrategyInput const& input, SideState const& state, Outcome outcome
);

// A FOK buy of what check_side accepted.
Decision
buy(StrategyName const& strategy,
    StrategyInput const& input,
    Outcome outcome,
    SideOffer const& offer,
    Decision so_far);

// The side whose audit came nearest to an order; both must have been evaluated.
Outcome nearer_side(ScalpParams const& params, Decision const& decision);

// The orders that buy() would make at each price of the range where the edge could become enough,
// at the size that the present bankroll and signal give. Bounded; both sides; for signing ahead.
std::vector<PlaceOrder>
likely_orders(StrategyName const& strategy, ScalpParams const& params, StrategyInput const& input);

} // namespace polyquant::strategies
