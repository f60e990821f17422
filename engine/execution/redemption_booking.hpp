// The facts by which a redemption reaches the books. Whoever redeems records what these return, in
// order and in one go.
#pragma once

#include "engine/execution/portfolio.hpp"

#include <vector>

namespace polyquant::execution {

// What is claimed in this market, over all strategies: what redeeming it should bring.
Usdc claimed_in(Portfolio const& portfolio, ConditionId const& market);

// `confirmed.amount` of this market arrived in the wallet. Claims are served by the order of the
// strategies' names and tokens; what is more than all of them (tokens that no strategy held,
// fractions of a micro) belongs to the wallet; what is missing stays claimed. A redemption of this
// id that is confirmed for the market already gives nothing.
std::vector<FactBody> collect_redemption(Portfolio const& portfolio, RedemptionChanged confirmed);

// The chain took a confirmed one back: every strategy's part is a claim again. `undone.amount` is
// what the confirmed fact said. One that is not confirmed gives nothing.
std::vector<FactBody> undo_redemption(Portfolio const& portfolio, RedemptionChanged undone);

} // namespace polyquant::execution
