// Two runs of the same markets side by side, for instance a recorded paper session and a backtest
// of its tape: every order that differs with its cause, and a bridge from one result to the other
// that adds up to the micro.
#pragma once

#include "engine/report/run_data.hpp"

#include <string>
#include <vector>

namespace polyquant::report {

enum class Divergence : std::uint8_t {
    only_in_first, // the second sent no such order
    only_in_second,
    decision,   // both sent it, but decided later, or on another price, probability or size
    not_filled, // only one of the two was filled
    fill_size,
    fill_price,
    fee,
    settlement, // the outcome was another
    unresolved, // one of the two is not settled
};
std::string_view to_string(Divergence divergence);

struct ParityRow {
    Divergence divergence = Divergence::decision;
    StrategyName strategy;
    std::string slug;
    Outcome outcome = Outcome::up;
    std::string cause; // in words, with both values
    Usdc effect;       // on the first's result less the second's
};

struct Parity {
    std::size_t orders_first = 0;
    std::size_t orders_second = 0;
    std::size_t equal = 0; // orders without any difference
    Usdc pnl_first;
    Usdc pnl_second;
    std::vector<ParityRow> rows; // by time of deciding
    // Sum of effects by kind; with pnl_second they add up to pnl_first exactly.
    std::vector<std::pair<Divergence, Usdc>> bridge;

    bool identical() const { return rows.empty() && pnl_first == pnl_second; }
};

// Orders are matched by strategy, market, side of the market, and their number there.
Parity compare_runs(RunData const& first, RunData const& second);

std::vector<std::string> parity_text(Parity const& parity);
std::string parity_json(Parity const& parity);

} // namespace polyquant::report
