#include "engine/report/report.hpp"

#include <fmt/format.h>

#include <map>

namespace polyquant::report {

std::string trades_csv(RunData const& run) {
    auto text = ledger::trade_csv_header();
    if (!text.ends_with('\n')) text += '\n';
    for (auto const& trade : run.trades) {
        text += ledger::trade_csv_line(trade);
        if (!text.ends_with('\n')) text += '\n';
    }
    return text;
}

std::string orders_csv(RunData const& run) {
    std::map<OrderId, Trade const*> filled;
    for (auto const& trade : run.trades)
        filled[trade.order] = &trade;
    std::string text = "order,strategy,asset,slug,outcome,decided_at,seconds_left,seen_price,limit,"
                       "size,win_probability,edge,state,reason,filled,fill_price,fee,won,pnl\n";
    for (auto const& o : run.orders) {
        auto const it = filled.find(o.order);
        auto const* trade = it == filled.end() ? nullptr : it->second;
        auto const left =
            o.window ? std::chrono::duration<double>(o.window->end() - o.decided_at).count() : 0;
        text += fmt::format(
            "{},{},{},{},{},{},{:.3f},{},{},{},{},{},{},{},{},{},{},{},{}\n",
            to_string(o.order),
            o.strategy.text,
            o.asset ? to_string(*o.asset) : "",
            o.slug,
            to_string(o.outcome),
            format_utc(o.decided_at),
            left,
            to_string(o.seen_price),
            to_string(o.limit),
            to_string(o.size),
            o.win_probability,
            o.edge,
            to_string(o.state),
            to_string(o.reason),
            trade != nullptr ? to_string(trade->shares) : "",
            trade != nullptr ? to_string(trade->fill_price) : "",
            trade != nullptr ? to_string(trade->fee) : "",
            trade != nullptr && trade->won ? (*trade->won ? "1" : "0") : "",
            trade != nullptr && trade->pnl ? to_string(*trade->pnl) : ""
        );
    }
    return text;
}

} // namespace polyquant::report
