#include "engine/execution/reconciler.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::execution {

namespace {

bool is_final(TradeState state) {
    return state == TradeState::confirmed || state == TradeState::failed;
}

// What is listed at the venue may be this much younger than our order: requests cross.
bool may_be_listed(FollowedOrder const& order) {
    switch (order.state) {
    case OrderState::live:
    case OrderState::partially_filled: return true;
    default: return false;
    }
}

struct Comparison {
    OurBooks const& ours;
    VenueAccountView const& venue;
    Reconciliation result{};
    std::map<OrderId, FollowedOrder const*> by_id{};
    bool in_flight = false;

    void differ(DifferenceKind kind, std::string text, std::int64_t micros, bool blocks = true) {
        result.differences.push_back({kind, std::move(text), micros, blocks});
    }

    void index() {
        for (auto const& order : ours.orders)
            by_id.emplace(order.id, &order);
    }

    void compare_orders() {
        std::set<OrderId> listed;
        for (auto const& order : venue.open_orders) {
            auto const& id = order.report.order;
            listed.insert(id);
            if (by_id.contains(id)) {
                Stamp const at{venue.asked_at, venue.asked_at, 0};
                result.repairs.emplace_back(OwnOrderReport{at, order.report});
            } else if (!ours.remembered.contains(id)) {
                differ(
                    DifferenceKind::foreign_order,
                    fmt::format(
                        "order {} ({} at {}) rests at the venue and is not ours: cancel it there",
                        to_string(id),
                        to_string(order.side),
                        to_string(order.price)
                    ),
                    0
                );
            }
        }
        for (auto const& order : ours.orders) {
            if (is_terminal(order.state) || !order.posted) continue;
            in_flight = true;
            if (may_be_listed(order) && !listed.contains(order.id)) {
                differ(
                    DifferenceKind::missing_order,
                    fmt::format("order {} is not listed: looked up", to_string(order.id)),
                    0,
                    false
                );
            }
            if (!listed.contains(order.id)) result.look_up.push_back(order.id);
        }
    }

    void compare_trades() {
        std::map<OrderId, Shares> filled;
        for (auto const& trade : venue.trades) {
            auto const& id = trade.report.order;
            if (!is_final(trade.report.state)) in_flight = true;
            if (by_id.contains(id)) {
                result.repairs.emplace_back(trade);
                if (trade.report.state != TradeState::failed) filled[id] += trade.report.size;
            } else if (!ours.remembered.contains(id)) {
                differ(
                    DifferenceKind::foreign_trade,
                    fmt::format(
                        "trade {} belongs to order {}, which is not ours",
                        trade.report.trade.text,
                        to_string(id)
                    ),
                    trade.report.size.micros()
                );
            }
        }
        for (auto const& [id, size] : filled) {
            auto const ours_filled = by_id.at(id)->filled;
            if (size == ours_filled) continue;
            // Of an order that is over, some trades may be older than what was asked for.
            if (size < ours_filled && is_terminal(by_id.at(id)->state)) continue;
            // More at the venue is what the repairs bring; the next comparison shows whether.
            in_flight = true;
            differ(
                DifferenceKind::fills,
                fmt::format(
                    "order {} has {} filled, the venue says {}",
                    to_string(id),
                    to_string(ours_filled),
                    to_string(size)
                ),
                (size - ours_filled).micros()
            );
        }
    }

    void compare_positions() {
        for (auto const& [token, shares_there] : venue.tokens) {
            if (ours.settled.contains(token)) continue;
            auto const at = ours.confirmed.find(token);
            auto const here = at == ours.confirmed.end() ? Shares{} : at->second;
            if (ours.unsettled.contains(token) || shares_there == here) continue;
            differ(
                DifferenceKind::position,
                fmt::format(
                    "{} shares of {}, the venue says {}",
                    to_string(here),
                    short_text(token),
                    to_string(shares_there)
                ),
                (shares_there - here).micros(),
                !in_flight
            );
        }
    }

    void compare_money(std::optional<Usdc> unassigned) {
        if (in_flight || !ours.unsettled.empty() || !result.is_clean()) return;
        Usdc claims;
        for (auto const& [token, payout] : ours.settled)
            if (auto const at = venue.tokens.find(token); at != venue.tokens.end())
                claims += cost_rounded_down(payout, at->second);
        result.money_compared = true;
        auto const there = venue.collateral + claims - ours.money;
        if (there.micros() < 0 && (!unassigned || there >= *unassigned)) {
            differ(
                DifferenceKind::money,
                fmt::format(
                    "the strategies own {} USDC, the wallet holds {}: lower their bankrolls",
                    to_string(ours.money),
                    to_string(venue.collateral + claims)
                ),
                there.micros()
            );
            return;
        }
        result.unassigned = there;
        if (!unassigned || there == *unassigned) return;
        auto const by = there - *unassigned;
        auto const more = by.micros() > 0;
        differ(
            DifferenceKind::money,
            fmt::format(
                "the wallet holds {} USDC {} than our books say{}",
                to_string(more ? by : -by),
                more ? "more" : "less",
                more ? ": taken for a deposit or a reward" : ""
            ),
            by.micros(),
            !more
        );
        if (!more) result.unassigned = unassigned;
    }
};

} // namespace

std::string_view to_string(DifferenceKind kind) {
    switch (kind) {
    case DifferenceKind::foreign_order: return "foreign order";
    case DifferenceKind::foreign_trade: return "foreign trade";
    case DifferenceKind::missing_order: return "missing order";
    case DifferenceKind::fills: return "fills";
    case DifferenceKind::position: return "position";
    case DifferenceKind::money: return "money";
    }
    std::abort();
}

bool Reconciliation::is_clean() const {
    return std::ranges::none_of(differences, &Difference::blocks);
}

Reconciliation
reconcile(OurBooks const& ours, VenueAccountView const& venue, std::optional<Usdc> unassigned) {
    Comparison comparison{ours, venue};
    comparison.index();
    comparison.compare_orders();
    comparison.compare_trades();
    comparison.compare_positions();
    comparison.compare_money(unassigned);
    return std::move(comparison.result);
}

std::string describe(Reconciliation const& result) {
    std::string text = result.is_whole()   ? "reconciled, the money as well"
                       : result.is_clean() ? "reconciled, money in flight"
                                           : "NOT reconciled";
    for (auto const& difference : result.differences)
        text += fmt::format("; {}: {}", to_string(difference.kind), difference.text);
    return text;
}

void read_portfolio(Portfolio const& portfolio, OurBooks& into) {
    for (auto const& [name, account] : portfolio.strategies()) {
        // Claims as well: what the venue still holds of their tokens is counted on its side.
        into.money += account.cash + account.reserved + account.redeemable;
        for (auto const& [id, order] : account.orders)
            into.remembered.insert(id);
        for (auto const& [token, position] : account.positions) {
            into.confirmed[token] += position.confirmed;
            if (position.exposure != position.confirmed) into.unsettled.insert(token);
        }
    }
}

} // namespace polyquant::execution
