// Fills and payouts: the facts that move shares.
#include "engine/ledger/booker.hpp"
#include "engine/ledger/holding.hpp"

#include <array>

namespace polyquant::ledger {

namespace {

struct StoredFill {
    std::uint64_t seq = 0;
    std::string state;
    std::string token;
    std::string market;
    Outcome outcome = Outcome::up;
    bool buy = true;
    Micros size = 0;
    Micros cost = 0; // proceeds of a sale
    Micros fee = 0;
    Basis basis;

    bool is_final() const {
        return state == to_string(TradeState::confirmed) || state == to_string(TradeState::failed);
    }
};

StoredFill find_fill(Store& store, std::string const& order, TradeId const& trade) {
    auto& s = store.bound(
        "SELECT f.seq, f.state, f.token, o.market, o.outcome, f.side, f.shares, f.cost, f.fee, "
        "f.basis, f.basis_fees FROM fills f JOIN orders o USING (order_id) "
        "WHERE f.order_id = ? AND f.trade = ?",
        order,
        trade.text
    );
    if (!s.executeStep())
        throw Contradiction{fmt::format("trade {} of order {} was never booked", trade.text, order)
        };
    StoredFill fill;
    fill.seq = static_cast<std::uint64_t>(s.getColumn(0).getInt64());
    fill.state = s.getColumn(1).getString();
    fill.token = s.getColumn(2).getString();
    fill.market = s.getColumn(3).getString();
    fill.outcome =
        s.getColumn(4).getString() == to_string(Outcome::up) ? Outcome::up : Outcome::down;
    fill.buy = s.getColumn(5).getString() == to_string(Side::buy);
    fill.size = s.getColumn(6).getInt64();
    fill.cost = s.getColumn(7).getInt64();
    fill.fee = s.getColumn(8).getInt64();
    fill.basis = {s.getColumn(9).getInt64(), s.getColumn(10).getInt64()};
    s.reset();
    return fill;
}

// Were the shares of this purchase paid out by a settlement since?
bool is_paid_out(Store& store, StrategyName const& strategy, StoredFill const& fill) {
    return store.number(
               "SELECT COUNT(*) FROM settlements WHERE strategy = ? AND token = ? AND seq > ? "
               "AND shares > 0",
               strategy.text,
               fill.token,
               fill.seq
           ) > 0;
}

void require_new(Store& store, TradeReport const& t, std::string const& order) {
    if (t.size.micros() <= 0)
        throw Contradiction{fmt::format("trade {} has no shares", t.trade.text)};
    if (t.state == TradeState::failed || t.state == TradeState::confirmed)
        throw Contradiction{
            fmt::format("trade {} is new and {} already", t.trade.text, to_string(t.state))
        };
    if (store.number(
            "SELECT COUNT(*) FROM fills WHERE order_id = ? AND trade = ?", order, t.trade.text
        ) > 0)
        throw Contradiction{
            fmt::format("trade {} of order {} is booked a second time", t.trade.text, order)
        };
}

} // namespace

void Booker::operator()(TradeMatched const& f) const {
    auto const& t = f.trade;
    auto const id = to_string(t.order);
    auto const order = find_order(store, t.order, f.strategy);
    require_new(store, t, id);

    auto const token = to_string(t.token);
    auto const cost = f.cost.micros();
    auto const fee = t.fee.micros();
    auto const size = t.size.micros();
    auto const freed = order.reserved_left - f.reserved_left.micros();
    auto h = find_holding(store, f.strategy, token);
    Basis basis{cost, fee};
    if (t.side == Side::buy) {
        h.buy(size, basis);
        post(
            store,
            seq,
            f.strategy,
            std::array{
                Line{"reserved", nullptr, -freed},
                Line{"cash", nullptr, freed - cost - fee},
                Line{"position", &token, cost},
                Line{"fees", nullptr, fee}
            }
        );
    } else {
        basis = h.sell(size);
        h.realised += cost - fee - basis.sum();
        post(
            store,
            seq,
            f.strategy,
            std::array{
                Line{"reserved", nullptr, -freed},
                Line{"cash", nullptr, freed + cost - fee},
                Line{"position", &token, -basis.cost},
                Line{"fees", nullptr, fee},
                Line{"pnl", nullptr, basis.cost - cost}
            }
        );
    }
    store_holding(store, f.strategy, token, to_string(f.market), f.outcome, h);
    store.run(
        "INSERT INTO fills (trade, order_id, seq, strategy, token, side, price, shares, cost, "
        "fee, maker, state, matched_ns, latency_ms, basis, basis_fees, closes, bankroll_after) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        t.trade.text,
        id,
        seq,
        f.strategy.text,
        token,
        to_string(t.side),
        t.price,
        t.size,
        f.cost,
        t.fee,
        t.maker ? 1 : 0,
        to_string(t.state),
        t.matched_at,
        f.fill_latency.count(),
        basis.cost,
        basis.fees,
        t.side == Side::sell && h.shares == 0 ? 1 : 0,
        equity(store, f.strategy)
    );
    store.run(
        "UPDATE orders SET reserved_left = ?, matched = ? WHERE order_id = ?",
        f.reserved_left,
        order.matched + size,
        id
    );
}

void Booker::operator()(TradeChanged const& f) const {
    auto const id = to_string(f.order);
    find_order(store, f.order, f.strategy);
    auto const fill = find_fill(store, id, f.trade);
    if (fill.is_final())
        throw Contradiction{fmt::format("trade {} is {} and over", f.trade.text, fill.state)};

    store.run(
        "UPDATE fills SET state = ? WHERE order_id = ? AND trade = ?",
        to_string(f.to),
        id,
        f.trade.text
    );
    auto const& token = fill.token;
    auto const& basis = fill.basis;
    auto h = find_holding(store, f.strategy, token);
    if (f.to == TradeState::confirmed) {
        if (!fill.buy || is_paid_out(store, f.strategy, fill)) return;
        h.confirm(fill.size, basis);
    } else if (f.to == TradeState::failed && fill.buy) {
        h.undo_buy(fill.size, basis);
        post(
            store,
            seq,
            f.strategy,
            std::array{
                Line{"cash", nullptr, fill.cost + fill.fee},
                Line{"position", &token, -fill.cost},
                Line{"fees", nullptr, -fill.fee}
            }
        );
    } else if (f.to == TradeState::failed) {
        h.undo_sell(fill.size, basis);
        h.realised -= fill.cost - fill.fee - basis.sum();
        post(
            store,
            seq,
            f.strategy,
            std::array{
                Line{"cash", nullptr, fill.fee - fill.cost},
                Line{"position", &token, basis.cost},
                Line{"fees", nullptr, -fill.fee},
                Line{"pnl", nullptr, fill.cost - basis.cost}
            }
        );
    } else {
        return;
    }
    if (f.to == TradeState::failed)
        store.run("UPDATE orders SET matched = matched - ? WHERE order_id = ?", fill.size, id);
    store_holding(store, f.strategy, token, fill.market, fill.outcome, h);
}

void Booker::operator()(PositionSettled const& f) const {
    auto const token = to_string(f.token);
    auto const payout = f.payout.micros();
    auto h = find_holding(store, f.strategy, token);
    auto const basis = h.settle(f.size.micros());
    h.realised += payout - basis.sum();
    store_holding(store, f.strategy, token, to_string(f.market), f.outcome, h);
    post(
        store,
        seq,
        f.strategy,
        std::array{
            Line{"cash", nullptr, payout},
            Line{"position", &token, -basis.cost},
            Line{"pnl", nullptr, basis.cost - payout}
        }
    );
    store.run(
        "INSERT INTO settlements (seq, strategy, token, market, outcome, shares, payout, cost, "
        "booked_cost, booked_fees, won, bankroll_after) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        seq,
        f.strategy.text,
        token,
        to_string(f.market),
        to_string(f.outcome),
        f.size,
        f.payout,
        f.cost,
        basis.cost,
        basis.fees,
        f.won ? 1 : 0,
        equity(store, f.strategy)
    );
}

} // namespace polyquant::ledger
