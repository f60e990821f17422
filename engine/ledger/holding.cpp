#include "engine/ledger/holding.hpp"

#include <algorithm>

namespace polyquant::ledger {

namespace {

__extension__ using Wide = __int128;

// The part of `whole` that belongs to `part` of `all` shares, rounded down; all of it at the end.
Micros share_of(Micros whole, Micros part, Micros all) {
    if (part >= all || all <= 0) return whole;
    return static_cast<Micros>(Wide{whole} * part / all);
}

Basis share_of(Basis const& whole, Micros part, Micros all) {
    auto const sum = share_of(whole.sum(), part, all);
    auto const fees = share_of(whole.fees, part, all);
    return {sum - fees, fees};
}

void add(Basis& to, Basis const& amount) {
    to.cost += amount.cost;
    to.fees += amount.fees;
}

void subtract(Basis& from, Basis const& amount) {
    from.cost -= amount.cost;
    from.fees -= amount.fees;
}

} // namespace

void Holding::buy(Micros size, Basis const& paid) {
    shares += size;
    add(all, paid);
}

void Holding::undo_buy(Micros size, Basis const& paid) {
    shares -= size;
    subtract(all, paid);
}

void Holding::confirm(Micros size, Basis const& paid) {
    confirmed += size;
    add(confirmed_part, paid);
}

Basis Holding::sell(Micros size) {
    auto const taken = share_of(confirmed_part, size, confirmed);
    shares -= size;
    confirmed -= size;
    subtract(all, taken);
    subtract(confirmed_part, taken);
    return taken;
}

void Holding::undo_sell(Micros size, Basis const& taken) {
    shares += size;
    confirmed += size;
    add(all, taken);
    add(confirmed_part, taken);
}

Basis Holding::settle(Micros size) {
    if (size == 0) return {};
    auto const taken = share_of(all, size, shares);
    shares -= size;
    subtract(all, taken);
    confirmed = shares <= 0 ? shares : std::clamp<Micros>(confirmed, 0, shares);
    if (confirmed <= 0)
        confirmed_part = {};
    else if (confirmed_part.sum() > all.sum())
        confirmed_part = all;
    return taken;
}

Holding find_holding(Store& store, StrategyName const& strategy, std::string const& token) {
    auto& s = store.bound(
        "SELECT shares, cost, fees, confirmed, confirmed_cost, confirmed_fees, realised "
        "FROM positions WHERE strategy = ? AND token = ?",
        strategy.text,
        token
    );
    Holding h;
    if (s.executeStep()) {
        auto const micros = [&](int column) {
            return s.getColumn(column).getInt64();
        };
        h = {micros(0), {micros(1), micros(2)}, micros(3), {micros(4), micros(5)}, micros(6)};
    }
    s.reset();
    return h;
}

void store_holding(
    Store& store,
    StrategyName const& strategy,
    std::string const& token,
    std::string const& market,
    Outcome outcome,
    Holding const& h
) {
    store.run(
        "INSERT INTO positions (strategy, token, market, outcome, shares, cost, fees, confirmed, "
        "confirmed_cost, confirmed_fees, realised) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (strategy, token) DO UPDATE SET "
        "shares = excluded.shares, cost = excluded.cost, fees = excluded.fees, "
        "confirmed = excluded.confirmed, confirmed_cost = excluded.confirmed_cost, "
        "confirmed_fees = excluded.confirmed_fees, realised = excluded.realised",
        strategy.text,
        token,
        market,
        to_string(outcome),
        h.shares,
        h.all.cost,
        h.all.fees,
        h.confirmed,
        h.confirmed_part.cost,
        h.confirmed_part.fees,
        h.realised
    );
}

} // namespace polyquant::ledger
