// The shares of one token that one strategy holds, and what they have cost, by the same rules as
// the portfolio in memory (execution::Position): every split of a cost gives the remainder to what
// stays, so that nothing is ever lost to rounding. Private to this folder.
#pragma once

#include "engine/ledger/posting.hpp"

namespace polyquant::ledger {

// What some of a holding's shares have cost. The sum is split first and the fees' part second, so
// that cost and fees together are what the portfolio, which keeps only the sum, makes of it.
struct Basis {
    Micros cost = 0;
    Micros fees = 0;

    Micros sum() const { return cost + fees; }
};

struct Holding {
    Micros shares = 0; // from MATCHED on
    Basis all;
    Micros confirmed = 0; // those of the shares that may be sold
    Basis confirmed_part; // the part of `all` that they carry
    Micros realised = 0;

    void buy(Micros size, Basis const& paid);
    void undo_buy(Micros size, Basis const& paid);
    void confirm(Micros size, Basis const& paid);

    // Takes confirmed shares out at their own cost. Unsettled purchases stay out of it: one that
    // fails takes its own cost back, and no part of that may have left with a sale.
    Basis sell(Micros size);
    void undo_sell(Micros size, Basis const& taken);

    // A settlement pays what is held, whatever its state.
    Basis settle(Micros size);
};

Holding find_holding(Store& store, StrategyName const& strategy, std::string const& token);
void store_holding(
    Store& store,
    StrategyName const& strategy,
    std::string const& token,
    std::string const& market,
    Outcome outcome,
    Holding const& holding
);

} // namespace polyquant::ledger
