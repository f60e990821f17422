#include "engine/report/figures.hpp"

#include "engine/report/figure_parts.hpp"

#include <algorithm>

namespace polyquant::report {

namespace {

// Sorts the trades into those that count, by the time of deciding, and the lists of the others.
Trades sort_out(RunData const& run, Figures& f) {
    Trades decided;
    for (auto const& trade : run.trades) {
        if (counts(trade, run))
            decided.push_back(&trade);
        else if (trade.state == OrderState::failed)
            continue; // in the list of void orders
        else if (!trade.resolved)
            f.unresolved.push_back(trade);
        else
            f.half_paid.push_back(trade);
    }
    std::sort(decided.begin(), decided.end(), [](Trade const* a, Trade const* b) {
        return std::tie(a->decided_at, a->strategy, a->order) <
               std::tie(b->decided_at, b->strategy, b->order);
    });
    for (auto const& order : run.orders)
        if (order.voided) f.voided.push_back(order);
    return decided;
}

} // namespace

Figures compute_figures(RunData const& run) {
    Figures f;
    auto const trades = sort_out(run, f);
    add_money(f, run);
    f.all = group_of("all", trades);
    add_results(f, trades);
    add_days(f, run);
    add_curve(f, run);
    add_exposure(f, run);
    add_breakdowns(f, trades);
    add_quarters(f, trades);
    add_probabilities(f, run, trades);
    add_orders(f, run);
    add_histogram(f, trades);
    add_verdict(f, run);
    return f;
}

} // namespace polyquant::report
