// From a fact to rows and postings. Every amount is an integer and every split of a cost gives the
// remainder to what stays, so that nothing is ever lost to rounding.
#include "engine/ledger/fact_text.hpp"
#include "engine/ledger/ledger_store.hpp"

#include <array>

namespace polyquant::ledger {

namespace {

using Micros = std::int64_t;
__extension__ using Wide = __int128;

// The part of `whole` that belongs to `part` of `all` shares, rounded down; all of it at the end.
Micros share_of(Micros whole, Micros part, Micros all) {
    if (part >= all || all <= 0) return whole;
    return static_cast<Micros>(Wide{whole} * part / all);
}

struct Line {
    char const* kind;
    std::string const* token; // of a position, else null
    Micros amount;
};

std::int64_t account_id(Store& store, std::string const& strategy, Line const& line) {
    auto name = fmt::format("{}:{}", line.kind, strategy);
    if (line.token) name += ':' + *line.token;
    auto const known = store.account_ids.find(name);
    if (known != store.account_ids.end()) return known->second;
    store.run(
        "INSERT OR IGNORE INTO accounts (name, kind, strategy, token, balance) "
        "VALUES (?, ?, ?, ?, 0)",
        name,
        line.kind,
        strategy,
        line.token ? *line.token : std::string{}
    );
    auto const id = store.number("SELECT id FROM accounts WHERE name = ?", name);
    store.account_ids.emplace(std::move(name), id);
    return id;
}

template <std::size_t N>
void post(
    Store& store, std::uint64_t seq, StrategyName const& strategy, std::array<Line, N> const& lines
) {
    int written = 0;
    for (auto const& line : lines) {
        if (line.amount == 0) continue;
        auto const account = account_id(store, strategy.text, line);
        store.run(
            "INSERT INTO postings (seq, line, account, amount) VALUES (?, ?, ?, ?)",
            seq,
            ++written,
            account,
            line.amount
        );
    }
    if (written > 0) store.run("INSERT INTO entries (seq, lines) VALUES (?, ?)", seq, written);
}

// Capital and results less fees: what the strategy owns, positions at cost.
Micros equity(Store& store, StrategyName const& strategy) {
    Micros sum = 0;
    for (auto const* kind : {"capital", "pnl", "fees"}) {
        auto const known = store.account_ids.find(fmt::format("{}:{}", kind, strategy.text));
        if (known != store.account_ids.end())
            sum -= store.number("SELECT balance FROM accounts WHERE id = ?", known->second);
        else
            sum -= store.number(
                "SELECT balance FROM accounts WHERE name = ?",
                fmt::format("{}:{}", kind, strategy.text)
            );
    }
    return sum;
}

std::string epoch_text(std::uint64_t epoch) {
    return fmt::format("{:016x}", epoch);
}

std::string current_epoch(Store& store, StrategyName const& strategy) {
    auto& s = store.bound(
        "SELECT epoch FROM epochs WHERE strategy = ? ORDER BY seq DESC LIMIT 1", strategy.text
    );
    std::string epoch = s.executeStep() ? s.getColumn(0).getString() : "";
    s.reset();
    return epoch;
}

std::string asset_text(std::optional<Asset> asset) {
    return asset ? std::string{to_string(*asset)} : "";
}

struct StoredOrder {
    Micros reserved_left = 0;
    Micros matched = 0;
};

StoredOrder find_order(Store& store, OrderId const& id, StrategyName const& strategy) {
    auto& s = store.bound(
        "SELECT strategy, reserved_left, matched FROM orders WHERE order_id = ?", to_string(id)
    );
    if (!s.executeStep())
        throw Contradiction{fmt::format("order {} was never placed", to_string(id))};
    auto owner = s.getColumn(0).getString();
    StoredOrder order{s.getColumn(1).getInt64(), s.getColumn(2).getInt64()};
    s.reset();
    if (owner != strategy.text)
        throw Contradiction{
            fmt::format("order {} belongs to {}, not to {}", to_string(id), owner, strategy.text)
        };
    return order;
}

// What some of a holding's shares have cost. The sum is split first and the fees' part second, so
// that cost and fees together are what the portfolio, which keeps only the sum, makes of it.
struct Basis {
    Micros cost = 0;
    Micros fees = 0;
};

struct Holding {
    Micros shares = 0;
    Micros cost = 0;
    Micros fees = 0;
    Micros realised = 0;

    Basis take(Micros size) {
        auto const sum = share_of(cost + fees, size, shares);
        auto const fee_part = share_of(fees, size, shares);
        Basis const basis{sum - fee_part, fee_part};
        shares -= size;
        cost -= basis.cost;
        fees -= basis.fees;
        return basis;
    }
};

Holding find_holding(Store& store, StrategyName const& strategy, std::string const& token) {
    auto& s = store.bound(
        "SELECT shares, cost, fees, realised FROM positions WHERE strategy = ? AND token = ?",
        strategy.text,
        token
    );
    Holding h;
    if (s.executeStep())
        h = {
            s.getColumn(0).getInt64(),
            s.getColumn(1).getInt64(),
            s.getColumn(2).getInt64(),
            s.getColumn(3).getInt64()
        };
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
        "INSERT INTO positions (strategy, token, market, outcome, shares, cost, fees, realised) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (strategy, token) DO UPDATE SET "
        "shares = excluded.shares, cost = excluded.cost, fees = excluded.fees, "
        "realised = excluded.realised",
        strategy.text,
        token,
        market,
        to_string(outcome),
        h.shares,
        h.cost,
        h.fees,
        h.realised
    );
}

struct Booker {
    Store& store;
    std::uint64_t seq;

    void operator()(EpochOpened const& f) const {
        store.run(
            "INSERT INTO epochs (seq, strategy, kind, epoch, parameters) VALUES (?, ?, ?, ?, ?)",
            seq,
            f.strategy.text,
            f.kind,
            epoch_text(f.epoch),
            f.parameters
        );
    }

    void operator()(CapitalMoved const& f) const {
        auto const amount = f.amount.micros();
        post(
            store,
            seq,
            f.strategy,
            std::array{Line{"cash", nullptr, amount}, Line{"capital", nullptr, -amount}}
        );
    }

    void operator()(OrderPlaced const& f) const {
        auto const& i = f.intent;
        auto const id = to_string(f.order);
        if (store.number("SELECT COUNT(*) FROM orders WHERE order_id = ?", id) > 0)
            throw Contradiction{fmt::format("order {} is placed a second time", id)};
        store.run(
            "INSERT INTO orders (order_id, seq, strategy, epoch, market, slug, token, outcome, "
            "asset, side, tif, limit_price, shares, seen_price, seen_spot, seen_strike, "
            "win_probability, edge, decided_ns, input_seq, reserved_left, matched, state, reason, "
            "venue_text) VALUES "
            "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, '', '')",
            id,
            seq,
            i.strategy.text,
            current_epoch(store, i.strategy),
            to_string(i.market),
            f.slug,
            to_string(i.token),
            to_string(i.outcome),
            asset_text(i.asset),
            to_string(i.side),
            to_string(i.tif),
            i.limit,
            i.size,
            i.seen_price,
            i.seen_spot,
            i.seen_strike,
            i.win_probability,
            i.edge,
            i.decided_at,
            i.input_seq,
            f.reserved,
            to_string(OrderState::created)
        );
        auto const held = f.reserved.micros();
        post(
            store,
            seq,
            i.strategy,
            std::array{Line{"cash", nullptr, -held}, Line{"reserved", nullptr, held}}
        );
    }

    void operator()(OrderChanged const& f) const {
        auto const order = find_order(store, f.order, f.strategy);
        auto const freed = order.reserved_left - f.reserved_left.micros();
        store.run(
            "UPDATE orders SET state = ?, reason = ?, venue_text = ?, reserved_left = ? "
            "WHERE order_id = ?",
            to_string(f.to),
            to_string(f.reason),
            f.text,
            f.reserved_left,
            to_string(f.order)
        );
        post(
            store,
            seq,
            f.strategy,
            std::array{Line{"reserved", nullptr, -freed}, Line{"cash", nullptr, freed}}
        );
    }

    void operator()(TradeMatched const& f) const {
        auto const& t = f.trade;
        auto const id = to_string(t.order);
        auto const order = find_order(store, t.order, f.strategy);
        if (t.size.micros() <= 0)
            throw Contradiction{fmt::format("trade {} has no shares", t.trade.text)};
        if (t.state == TradeState::failed)
            throw Contradiction{fmt::format("trade {} is new and failed already", t.trade.text)};
        if (store.number(
                "SELECT COUNT(*) FROM fills WHERE order_id = ? AND trade = ?", id, t.trade.text
            ) > 0)
            throw Contradiction{
                fmt::format("trade {} of order {} is booked a second time", t.trade.text, id)
            };

        auto const token = to_string(t.token);
        auto const cost = f.cost.micros();
        auto const fee = t.fee.micros();
        auto const size = t.size.micros();
        auto h = find_holding(store, f.strategy, token);
        Micros basis = cost;
        Micros basis_fees = fee;
        auto const freed = order.reserved_left - f.reserved_left.micros();
        if (t.side == Side::buy) {
            h.shares += size;
            h.cost += cost;
            h.fees += fee;
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
            auto const taken = h.take(size);
            basis = taken.cost;
            basis_fees = taken.fees;
            h.realised += cost - fee - basis - basis_fees;
            post(
                store,
                seq,
                f.strategy,
                std::array{
                    Line{"reserved", nullptr, -freed},
                    Line{"cash", nullptr, freed + cost - fee},
                    Line{"position", &token, -basis},
                    Line{"fees", nullptr, fee},
                    Line{"pnl", nullptr, basis - cost}
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
            basis,
            basis_fees,
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

    void operator()(TradeChanged const& f) const {
        auto const id = to_string(f.order);
        find_order(store, f.order, f.strategy);
        auto& s = store.bound(
            "SELECT f.state, f.token, f.side, f.shares, f.cost, f.fee, f.basis, f.basis_fees, "
            "o.market, o.outcome FROM fills f JOIN orders o USING (order_id) "
            "WHERE f.order_id = ? AND f.trade = ?",
            id,
            f.trade.text
        );
        if (!s.executeStep())
            throw Contradiction{
                fmt::format("trade {} of order {} was never booked", f.trade.text, id)
            };
        auto const was = s.getColumn(0).getString();
        auto const token = s.getColumn(1).getString();
        bool const buy = s.getColumn(2).getString() == to_string(Side::buy);
        Micros const size = s.getColumn(3).getInt64();
        Micros const cost = s.getColumn(4).getInt64();
        Micros const fee = s.getColumn(5).getInt64();
        Micros const basis = s.getColumn(6).getInt64();
        Micros const basis_fees = s.getColumn(7).getInt64();
        auto const market = s.getColumn(8).getString();
        auto const outcome =
            s.getColumn(9).getString() == to_string(Outcome::up) ? Outcome::up : Outcome::down;
        s.reset();
        if (was == to_string(TradeState::failed))
            throw Contradiction{fmt::format("trade {} has failed and is over", f.trade.text)};

        store.run(
            "UPDATE fills SET state = ? WHERE order_id = ? AND trade = ?",
            to_string(f.to),
            id,
            f.trade.text
        );
        if (f.to != TradeState::failed) return;

        auto h = find_holding(store, f.strategy, token);
        store.run("UPDATE orders SET matched = matched - ? WHERE order_id = ?", size, id);
        if (buy) {
            h.shares -= size;
            h.cost -= cost;
            h.fees -= fee;
            post(
                store,
                seq,
                f.strategy,
                std::array{
                    Line{"cash", nullptr, cost + fee},
                    Line{"position", &token, -cost},
                    Line{"fees", nullptr, -fee}
                }
            );
        } else {
            h.shares += size;
            h.cost += basis;
            h.fees += basis_fees;
            h.realised -= cost - fee - basis - basis_fees;
            post(
                store,
                seq,
                f.strategy,
                std::array{
                    Line{"cash", nullptr, fee - cost},
                    Line{"position", &token, basis},
                    Line{"fees", nullptr, -fee},
                    Line{"pnl", nullptr, cost - basis}
                }
            );
        }
        store_holding(store, f.strategy, token, market, outcome, h);
    }

    void operator()(WindowSettled const& f) const {
        store.run(
            "INSERT INTO windows (market, seq, slug, asset, start_ns, length_s, rule, strike_e8, "
            "final_e8, source, winner, revisions) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) "
            "ON CONFLICT (market) DO UPDATE SET seq = excluded.seq, strike_e8 = "
            "excluded.strike_e8, "
            "final_e8 = excluded.final_e8, source = excluded.source, winner = excluded.winner, "
            "revisions = revisions + 1",
            to_string(f.market),
            seq,
            f.slug,
            asset_text(f.asset),
            f.window.start,
            f.window.length.count(),
            to_string(f.rule),
            f.strike,
            f.final_price,
            to_string(f.source),
            f.winner ? to_string(*f.winner) : std::string_view{"SPLIT"}
        );
    }

    void operator()(PositionSettled const& f) const {
        auto const token = to_string(f.token);
        auto const size = f.size.micros();
        auto const payout = f.payout.micros();
        auto h = find_holding(store, f.strategy, token);
        auto const [cost, fees] = size == 0 ? Basis{} : h.take(size);
        h.realised += payout - cost - fees;
        store_holding(store, f.strategy, token, to_string(f.market), f.outcome, h);
        post(
            store,
            seq,
            f.strategy,
            std::array{
                Line{"cash", nullptr, payout},
                Line{"position", &token, -cost},
                Line{"pnl", nullptr, cost - payout}
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
            cost,
            fees,
            f.won ? 1 : 0,
            equity(store, f.strategy)
        );
    }

    void operator()(WindowEvaluated const& f) const {
        store.run(
            "INSERT INTO evaluations (seq, strategy, epoch, asset, start_ns, length_s, "
            "last_reason, total) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            seq,
            f.strategy.text,
            epoch_text(f.epoch),
            asset_text(f.asset),
            f.window.start,
            f.window.length.count(),
            to_string(f.last),
            f.counts.total()
        );
        for (std::size_t n = 0; n < reason_count; ++n) {
            auto const reason = static_cast<Reason>(n);
            if (f.counts[reason] == 0) continue;
            store.run(
                "INSERT INTO evaluation_reasons (seq, reason, times) VALUES (?, ?, ?)",
                seq,
                to_string(reason),
                f.counts[reason]
            );
        }
    }

    void operator()(TradingStateChanged const& f) const {
        store.run(
            "INSERT INTO trading_states (strategy, seq, halted, reason, text) VALUES (?, ?, ?, ?, "
            "?) "
            "ON CONFLICT (strategy) DO UPDATE SET seq = excluded.seq, halted = excluded.halted, "
            "reason = excluded.reason, text = excluded.text",
            f.strategy.text,
            seq,
            f.halted ? 1 : 0,
            to_string(f.reason),
            f.text
        );
    }
};

} // namespace

void book(Store& store, Fact const& fact) {
    store.run(
        "INSERT INTO facts (seq, utc_ns, kind, text) VALUES (?, ?, ?, ?)",
        fact.seq,
        fact.at,
        name_of(fact.body),
        encode(fact.body)
    );
    std::visit(Booker{store, fact.seq}, fact.body);
}

} // namespace polyquant::ledger
