// What a taker's buy must win, and whether a strategy's own numbers can earn anything.
#pragma once

#include "config/risk_params.hpp"
#include "config/strategy_kind.hpp"
#include "engine/core/fees.hpp"
#include "strategies/sizing.hpp"

#include <string>
#include <vector>

namespace polyquant::strategies {

// The numbers of a strategy that buys at asks within a range when its probability exceeds the price
// by an edge.
struct BuyerNumbers {
    Price ask_min;
    Price ask_max;
    double min_edge = 0;
    bool count_fee = true; // false: the edge is taken before the fee, which is paid all the same
    FeeSchedule fee = crypto_fee();
};

// A row for each whole cent of the range and for its two ends.
std::vector<config::BreakEvenRow> break_even_table(BuyerNumbers const& numbers);

// Sound means, for every ask of that table:
//   1. required(ask) > break_even(ask): a buy at the least edge the strategy accepts still earns
//      money after the fee, where required = ask + min_edge (+ fee where the edge counts it);
//   2. required(ask) < 1: some probability can satisfy it;
//   3. the smallest stake buys at least one whole share of at least 1 USDC in all, the venue's
//      least marketable order; Kelly's stake has no smallest and skips this;
//   4. the largest stake and its fee fit into the risk limits order_max, exposure_per_window_max,
//      exposure_per_asset_max and exposure_total_max;
//   5. the ask lies within the risk limits price_min and price_max.
// One fault a rule, for the first ask that breaks it.
std::vector<config::ParamFault> unsound_numbers(
    BuyerNumbers const& numbers, SizingParams const& sizing, config::RiskParams const& risk
);

} // namespace polyquant::strategies
