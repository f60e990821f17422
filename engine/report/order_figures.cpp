#include "engine/report/figure_parts.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace polyquant::report {

void add_orders(Figures& f, RunData const& run) {
    std::uint64_t taker = 0, maker = 0, partly = 0;
    std::set<OrderId> filled;
    std::map<OrderId, Shares> bought;
    for (auto const& trade : run.trades) {
        filled.insert(trade.order);
        bought[trade.order] = trade.shares;
    }
    std::map<std::string, std::uint64_t> not_filled;
    for (auto const& order : run.orders) {
        if (!filled.contains(order.order)) {
            ++not_filled[std::string{to_string(order.reason)}];
            continue;
        }
        (order.maker ? maker : taker) += 1;
        if (bought[order.order] < order.size) ++partly;
    }
    f.orders = {
        {"sent", run.orders.size()},
        {"filled as taker", taker},
        {"filled as maker", maker},
        {"of these in part", partly},
        {"not filled", run.orders.size() - taker - maker},
    };
    f.not_filled.assign(not_filled.begin(), not_filled.end());
    std::map<std::string, std::uint64_t> refusals;
    for (auto const& strategy : run.strategies)
        for (std::size_t i = 0; i < reason_count; ++i)
            if (auto const n = strategy.reasons[static_cast<Reason>(i)]; n > 0)
                refusals[std::string{to_string(static_cast<Reason>(i))}] += n;
    f.refusals.assign(refusals.begin(), refusals.end());
    std::sort(f.refusals.begin(), f.refusals.end(), [](auto const& a, auto const& b) {
        return std::tie(b.second, a.first) < std::tie(a.second, b.first);
    });
}

} // namespace polyquant::report
