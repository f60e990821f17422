// Capital, orders and windows. What moves shares stands in book_position.cpp, promises against
// outcomes in book_accuracy.cpp.
#include "engine/ledger/booker.hpp"
#include "engine/ledger/fact_text.hpp"

#include <array>

namespace polyquant::ledger {

namespace {

std::string current_epoch(Store& store, StrategyName const& strategy) {
    auto& s = store.bound(
        "SELECT epoch FROM epochs WHERE strategy = ? ORDER BY seq DESC LIMIT 1", strategy.text
    );
    std::string epoch = s.executeStep() ? s.getColumn(0).getString() : "";
    s.reset();
    return epoch;
}

} // namespace

std::string epoch_text(std::uint64_t epoch) {
    return fmt::format("{:016x}", epoch);
}

std::string asset_text(std::optional<Asset> asset) {
    return asset ? std::string{to_string(*asset)} : "";
}

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

void Booker::operator()(EpochOpened const& f) const {
    store.run(
        "INSERT INTO epochs (seq, strategy, kind, epoch, parameters) VALUES (?, ?, ?, ?, ?)",
        seq,
        f.strategy.text,
        f.kind,
        epoch_text(f.epoch),
        f.parameters
    );
}

void Booker::operator()(CapitalMoved const& f) const {
    auto const amount = f.amount.micros();
    post(
        store,
        seq,
        f.strategy,
        std::array{Line{"cash", nullptr, amount}, Line{"capital", nullptr, -amount}}
    );
}

void Booker::operator()(OrderPlaced const& f) const {
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

void Booker::operator()(OrderChanged const& f) const {
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

void Booker::operator()(WindowSettled const& f) const {
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

void Booker::operator()(WindowEvaluated const& f) const {
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

void Booker::operator()(TradingStateChanged const& f) const {
    store.run(
        "INSERT INTO trading_states (strategy, seq, halted, reason, text) VALUES (?, ?, ?, ?, "
        "?) "
        "ON CONFLICT (strategy) DO UPDATE SET seq = excluded.seq, halted = excluded.halted, "
        "reason = excluded.reason, text = excluded.text",
        f.asset ? "coin:" + asset_text(f.asset) : f.strategy.text,
        seq,
        f.halted ? 1 : 0,
        to_string(f.reason),
        f.text
    );
}

void archive(Store& store, Fact const& fact) {
    store.run(
        "INSERT INTO facts (seq, utc_ns, kind, text) VALUES (?, ?, ?, ?)",
        fact.seq,
        fact.at,
        name_of(fact.body),
        encode(fact.body)
    );
}

void book(Store& store, Fact const& fact) {
    std::visit(Booker{store, fact.seq}, fact.body);
}

} // namespace polyquant::ledger
