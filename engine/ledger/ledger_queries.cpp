#include "engine/ledger/fact_text.hpp"
#include "engine/ledger/ledger_store.hpp"

#include <limits>

namespace polyquant::ledger {

namespace {

__extension__ using Wide = __int128;

Usdc usdc(SQLite::Statement& row, int column) {
    return Usdc::from_micros(row.getColumn(column).getInt64());
}

std::uint64_t count(SQLite::Statement& row, int column) {
    return static_cast<std::uint64_t>(row.getColumn(column).getInt64());
}

Outcome outcome(SQLite::Statement& row, int column) {
    return row.getColumn(column).getString() == to_string(Outcome::up) ? Outcome::up
                                                                       : Outcome::down;
}

double real(SQLite::Statement& row, int column) {
    auto const value = row.getColumn(column);
    return value.isNull() ? std::numeric_limits<double>::quiet_NaN() : value.getDouble();
}

std::optional<UsdPrice> known_price(std::int64_t e8) {
    if (e8 == 0) return std::nullopt;
    return UsdPrice::from_e8(e8);
}

OrderState order_state(std::string const& text) {
    for (int n = 0; n < static_cast<int>(OrderState::rejected); ++n)
        if (to_string(static_cast<OrderState>(n)) == text) return static_cast<OrderState>(n);
    return OrderState::rejected;
}

// A settled position counts once, by the last word on it: a correction replaces the first. A sale
// counts when it closes the position, as won if it lost nothing. One whose fills were all taken
// back after it was paid counts not at all.
constexpr char const* bankroll_sql = R"sql(
WITH last_word AS (
    SELECT strategy, won FROM (
        SELECT strategy, token, won, MAX(seq) FROM settlements GROUP BY strategy, token
    ) l WHERE (SELECT SUM(shares) <> 0 OR MIN(shares) >= 0 FROM settlements s
        WHERE s.strategy = l.strategy AND s.token = l.token)
    UNION ALL
    SELECT strategy, cost - fee >= basis + basis_fees FROM fills
    WHERE closes AND state <> 'failed'
)
SELECT b.strategy, b.capital, b.cash, b.reserved, b.positions, b.fees,
    (SELECT COALESCE(SUM(realised), 0) FROM positions p WHERE p.strategy = b.strategy),
    (SELECT COUNT(*) FROM orders o WHERE o.strategy = b.strategy),
    (SELECT COUNT(*) FROM orders o WHERE o.strategy = b.strategy AND o.matched > 0),
    (SELECT COUNT(*) FROM last_word w WHERE w.strategy = b.strategy AND w.won),
    (SELECT COUNT(*) FROM last_word w WHERE w.strategy = b.strategy AND NOT w.won),
    (SELECT COUNT(*) FROM positions p WHERE p.strategy = b.strategy
        AND (p.shares <> 0 OR p.cost <> 0 OR p.fees <> 0)), b.redeemable
FROM bankrolls b ORDER BY b.strategy
)sql";

constexpr char const* trades_sql = R"sql(
WITH filled AS (
    SELECT order_id, SUM(shares) AS shares, SUM(cost) AS cost, SUM(fee) AS fee,
        SUM(basis) AS basis, SUM(basis_fees) AS basis_fees, MIN(latency_ms) AS latency_ms,
        MIN(seq) AS first_seq, MAX(seq) AS last_seq
    FROM fills WHERE state <> 'failed' GROUP BY order_id
), settled AS (
    SELECT strategy, token, SUM(payout - booked_cost - booked_fees) AS result, MAX(seq) AS seq
    FROM settlements GROUP BY strategy, token
)
SELECT o.strategy, o.decided_ns, o.slug, o.asset, o.outcome, o.side, o.seen_price, f.cost,
    f.shares, f.fee, o.seen_spot, o.seen_strike, o.win_probability, o.edge, f.latency_ms, o.state,
    o.order_id, w.strike_e8, w.final_e8, w.winner, s.result, e.bankroll_after,
    f.basis, f.basis_fees, l.bankroll_after, o.token, o.market, c.claimed, c.collected
FROM filled f
JOIN orders o ON o.order_id = f.order_id
JOIN fills l ON l.seq = f.last_seq
LEFT JOIN windows w ON w.market = o.market
LEFT JOIN settled s ON s.strategy = o.strategy AND s.token = o.token
LEFT JOIN settlements e ON e.seq = s.seq
LEFT JOIN claims c ON c.strategy = o.strategy AND c.token = o.token
WHERE ?1 = '' OR o.strategy = ?1
ORDER BY f.first_seq
)sql";

// Splits the result of a position over its buys by size, so that the parts add up exactly.
struct Split {
    std::int64_t all_shares = 0;
    std::int64_t taken_shares = 0;

    std::int64_t next(std::int64_t result, std::int64_t shares) {
        auto const upto = [&](std::int64_t n) {
            return static_cast<std::int64_t>(Wide{result} * n / all_shares);
        };
        auto const before = upto(taken_shares);
        taken_shares += shares;
        return upto(taken_shares) - before;
    }
};

using Splits = std::map<std::pair<std::string, std::string>, Split>;

Splits bought_shares(Store& store) {
    Splits splits;
    auto& s = store.statement("SELECT strategy, token, SUM(shares) FROM fills "
                              "WHERE state <> 'failed' AND side = 'BUY' GROUP BY strategy, token");
    while (s.executeStep())
        splits[{s.getColumn(0).getString(), s.getColumn(1).getString()}].all_shares =
            s.getColumn(2).getInt64();
    s.reset();
    return splits;
}

// Where the money of a bought position is, once its window is over.
std::string money_state(SQLite::Statement& s, TradeRow const& row) {
    if (!row.resolved) return s.getColumn(19).isNull() ? "open" : "unresolved";
    if (s.getColumn(27).isNull()) return *row.won ? "paid" : "lost";
    auto const claimed = s.getColumn(27).getInt64();
    if (claimed == 0) return "lost";
    return s.getColumn(28).getInt64() == claimed ? "redeemed" : "redeemable";
}

TradeRow read_trade(SQLite::Statement& s, Splits& splits) {
    TradeRow row;
    row.strategy = StrategyName{s.getColumn(0).getString()};
    row.decided_at = UtcTime{Nanos{s.getColumn(1).getInt64()}};
    row.slug = s.getColumn(2).getString();
    if (auto const slug = parse_updown_slug(row.slug)) row.window_start = slug->window.start;
    row.asset = parse_asset(s.getColumn(3).getString());
    row.outcome = outcome(s, 4);
    row.side = s.getColumn(5).getString() == to_string(Side::buy) ? Side::buy : Side::sell;
    row.ask_price = Price::from_micros(s.getColumn(6).getInt64());
    row.bet_size = usdc(s, 7);
    row.shares = Shares::from_micros(s.getColumn(8).getInt64());
    row.fee = usdc(s, 9);
    auto const shares_micros = row.shares.micros();
    row.fill_price = Price::from_micros(static_cast<std::int64_t>(
        (Wide{row.bet_size.micros()} * Price::scale + shares_micros / 2) / shares_micros
    ));
    row.price_at_trade = known_price(s.getColumn(10).getInt64());
    row.open_price = known_price(s.getColumn(11).getInt64());
    row.win_probability = real(s, 12);
    row.edge = real(s, 13);
    row.fill_latency = Millis{s.getColumn(14).getInt64()};
    row.state = order_state(s.getColumn(15).getString());
    if (auto const id = parse_order_id(s.getColumn(16).getString())) row.order = *id;

    bool const window_over = !s.getColumn(19).isNull();
    if (window_over) {
        if (auto const strike = known_price(s.getColumn(17).getInt64())) row.open_price = strike;
        row.exit_price = known_price(s.getColumn(18).getInt64());
    }
    if (row.side == Side::sell) {
        row.resolved = true;
        row.pnl = row.bet_size - row.fee - usdc(s, 22) - usdc(s, 23);
        row.won = row.pnl->micros() >= 0;
        row.bankroll_after = usdc(s, 24);
        row.money = "paid";
        return row;
    }
    row.potential_profit = Usdc::from_micros(shares_micros) - row.bet_size - row.fee;
    row.resolved = window_over && !s.getColumn(20).isNull();
    if (!row.resolved) row.money = money_state(s, row);
    if (!row.resolved) return row;
    auto& split = splits[{row.strategy.text, s.getColumn(25).getString()}];
    row.pnl = Usdc::from_micros(split.next(s.getColumn(20).getInt64(), shares_micros));
    auto const winner = s.getColumn(19).getString();
    row.won = winner == "SPLIT" ? row.pnl->micros() > 0 : winner == to_string(row.outcome);
    row.bankroll_after = usdc(s, 21);
    row.money = money_state(s, row);
    return row;
}

} // namespace

Result<std::vector<Bankroll>> Ledger::bankrolls() const {
    return guarded(impl_->path.string(), [&] {
        std::vector<Bankroll> all;
        auto& s = impl_->store.statement(bankroll_sql);
        while (s.executeStep()) {
            all.push_back(Bankroll{
                StrategyName{s.getColumn(0).getString()},
                usdc(s, 1),
                usdc(s, 2),
                usdc(s, 3),
                usdc(s, 4),
                usdc(s, 5),
                usdc(s, 6),
                count(s, 7),
                count(s, 8),
                count(s, 9),
                count(s, 10),
                count(s, 11),
                usdc(s, 12)
            });
        }
        s.reset();
        return all;
    });
}

Result<std::vector<FillRate>> Ledger::fill_rates() const {
    return guarded(impl_->path.string(), [&] {
        std::vector<FillRate> all;
        auto& s = impl_->store.statement(
            "SELECT o.strategy, o.asset, o.tif, COUNT(*), SUM(f.shares IS NOT NULL), "
            "AVG(f.latency), COALESCE(SUM(f.slippage), 0) FROM orders o LEFT JOIN "
            "(SELECT f.order_id, SUM(f.shares) AS shares, MIN(f.latency_ms) AS latency, "
            "SUM(CASE o.side WHEN 'BUY' THEN f.cost - f.shares * o.seen_price / 1000000 "
            "ELSE f.shares * o.seen_price / 1000000 - f.cost END) AS slippage "
            "FROM fills f JOIN orders o ON o.order_id = f.order_id WHERE f.state <> 'failed' "
            "GROUP BY f.order_id) f ON f.order_id = o.order_id "
            "GROUP BY o.strategy, o.asset, o.tif ORDER BY o.strategy, o.asset, o.tif"
        );
        while (s.executeStep()) {
            FillRate rate;
            rate.strategy = StrategyName{s.getColumn(0).getString()};
            rate.asset = s.getColumn(1).getString();
            rate.tif = s.getColumn(2).getString();
            rate.sent = count(s, 3);
            rate.filled = count(s, 4);
            if (!s.getColumn(5).isNull())
                rate.latency_mean = Millis{static_cast<std::int64_t>(s.getColumn(5).getDouble())};
            rate.slippage = usdc(s, 6);
            all.push_back(std::move(rate));
        }
        s.reset();
        auto& why = impl_->store.statement(
            "SELECT strategy, asset, tif, reason, COUNT(*) FROM orders o WHERE state IN "
            "('cancelled', 'rejected', 'failed') AND NOT EXISTS (SELECT 1 FROM fills f WHERE "
            "f.order_id = o.order_id AND f.state <> 'failed') GROUP BY strategy, asset, tif, reason"
        );
        while (why.executeStep())
            for (auto& rate : all)
                if (rate.strategy.text == why.getColumn(0).getString() &&
                    rate.asset == why.getColumn(1).getString() &&
                    rate.tif == why.getColumn(2).getString())
                    rate.not_filled[why.getColumn(3).getString()] = count(why, 4);
        why.reset();
        return all;
    });
}

Result<std::vector<OpenPosition>> Ledger::open_positions() const {
    return guarded(impl_->path.string(), [&] {
        std::vector<OpenPosition> all;
        auto& s = impl_->store.statement(
            "SELECT strategy, market, token, outcome, shares, cost, fees, confirmed, "
            "COALESCE((SELECT slug FROM orders o WHERE o.market = p.market LIMIT 1), '') "
            "FROM positions p WHERE shares <> 0 OR cost <> 0 OR fees <> 0 ORDER BY strategy, "
            "market, token"
        );
        while (s.executeStep()) {
            OpenPosition p;
            p.strategy = StrategyName{s.getColumn(0).getString()};
            if (auto const id = parse_condition_id(s.getColumn(1).getString())) p.market = *id;
            if (auto const id = parse_token_id(s.getColumn(2).getString())) p.token = *id;
            p.outcome = outcome(s, 3);
            p.shares = Shares::from_micros(s.getColumn(4).getInt64());
            p.cost = usdc(s, 5);
            p.fees = usdc(s, 6);
            p.confirmed = Shares::from_micros(s.getColumn(7).getInt64());
            p.slug = s.getColumn(8).getString();
            all.push_back(std::move(p));
        }
        s.reset();
        return all;
    });
}

Result<std::vector<ClaimRow>> Ledger::claims(bool all) const {
    return guarded(impl_->path.string(), [&] {
        std::vector<ClaimRow> rows;
        auto& s = impl_->store.bound(
            "SELECT strategy, market, token, outcome, shares, claimed, collected, "
            "COALESCE((SELECT slug FROM orders o WHERE o.market = c.market LIMIT 1), '') "
            "FROM claims c WHERE ? OR claimed <> collected ORDER BY strategy, token",
            all ? 1 : 0
        );
        while (s.executeStep()) {
            ClaimRow row;
            row.strategy = StrategyName{s.getColumn(0).getString()};
            if (auto const id = parse_condition_id(s.getColumn(1).getString())) row.market = *id;
            if (auto const id = parse_token_id(s.getColumn(2).getString())) row.token = *id;
            row.outcome = outcome(s, 3);
            row.size = Shares::from_micros(s.getColumn(4).getInt64());
            row.claimed = usdc(s, 5);
            row.collected = usdc(s, 6);
            row.slug = s.getColumn(7).getString();
            rows.push_back(std::move(row));
        }
        s.reset();
        return rows;
    });
}

namespace {

// The archived facts behind rows, which hold everything the rows do.
template <class Body>
std::vector<std::pair<UtcTime, Body>> bodies(SQLite::Statement& s, std::string_view kind) {
    std::vector<std::pair<UtcTime, Body>> all;
    while (s.executeStep()) {
        auto const body = decode_fact(kind, s.getColumn(1).getString());
        if (body)
            all.emplace_back(UtcTime{Nanos{s.getColumn(0).getInt64()}}, std::get<Body>(*body));
    }
    s.reset();
    return all;
}

} // namespace

Result<std::vector<RedemptionChanged>> Ledger::redemptions() const {
    return guarded(impl_->path.string(), [&] {
        std::vector<RedemptionChanged> rows;
        auto& s = impl_->store.statement(
            "SELECT utc_ns, f.text FROM redemptions r JOIN facts f USING (seq) ORDER BY r.first_seq"
        );
        for (auto& [at, fact] : bodies<RedemptionChanged>(s, "redemption_changed"))
            rows.push_back(std::move(fact));
        return rows;
    });
}

Result<std::vector<OutcomeRow>> Ledger::outcomes(std::optional<ConditionId> const& only) const {
    return guarded(impl_->path.string(), [&] {
        std::vector<OutcomeRow> rows;
        auto& s = impl_->store.bound(
            "SELECT utc_ns, f.text FROM outcomes o JOIN facts f USING (seq) "
            "WHERE ?1 = '' OR o.market = ?1 ORDER BY seq",
            only ? to_string(*only) : std::string{}
        );
        for (auto& [at, fact] : bodies<OutcomeReported>(s, "outcome_reported"))
            rows.push_back({at, std::move(fact)});
        return rows;
    });
}

namespace {

TradeState trade_state(std::string const& text) {
    for (int n = 0; n < static_cast<int>(TradeState::failed); ++n)
        if (to_string(static_cast<TradeState>(n)) == text) return static_cast<TradeState>(n);
    return TradeState::failed;
}

} // namespace

Result<std::vector<FillRow>> Ledger::fills() const {
    return guarded(impl_->path.string(), [&] {
        std::vector<FillRow> rows;
        auto& s = impl_->store.statement(
            "SELECT f.seq, f.strategy, f.order_id, f.trade, o.market, f.token, o.slug, f.side, "
            "f.price, f.shares, f.cost, f.fee, f.maker, f.state, f.matched_ns "
            "FROM fills f JOIN orders o USING (order_id) ORDER BY f.seq"
        );
        while (s.executeStep()) {
            FillRow row;
            row.seq = count(s, 0);
            row.strategy = StrategyName{s.getColumn(1).getString()};
            if (auto const id = parse_order_id(s.getColumn(2).getString())) row.order = *id;
            row.trade = TradeId{s.getColumn(3).getString()};
            if (auto const id = parse_condition_id(s.getColumn(4).getString())) row.market = *id;
            if (auto const id = parse_token_id(s.getColumn(5).getString())) row.token = *id;
            row.slug = s.getColumn(6).getString();
            row.side = s.getColumn(7).getString() == to_string(Side::buy) ? Side::buy : Side::sell;
            row.price = Price::from_micros(s.getColumn(8).getInt64());
            row.size = Shares::from_micros(s.getColumn(9).getInt64());
            row.cost = usdc(s, 10);
            row.fee = usdc(s, 11);
            row.maker = s.getColumn(12).getInt() != 0;
            row.state = trade_state(s.getColumn(13).getString());
            row.matched_at = UtcTime{Nanos{s.getColumn(14).getInt64()}};
            rows.push_back(std::move(row));
        }
        s.reset();
        return rows;
    });
}

Result<std::vector<SettlementRow>> Ledger::settlements() const {
    return guarded(impl_->path.string(), [&] {
        std::vector<SettlementRow> rows;
        auto& s = impl_->store.statement(
            "SELECT s.seq, f.utc_ns, s.strategy, s.market, s.token, s.shares, s.payout, "
            "COALESCE((SELECT slug FROM orders o WHERE o.market = s.market LIMIT 1), '') "
            "FROM settlements s JOIN facts f USING (seq) ORDER BY s.seq"
        );
        while (s.executeStep()) {
            SettlementRow row;
            row.seq = count(s, 0);
            row.at = UtcTime{Nanos{s.getColumn(1).getInt64()}};
            row.strategy = StrategyName{s.getColumn(2).getString()};
            if (auto const id = parse_condition_id(s.getColumn(3).getString())) row.market = *id;
            if (auto const id = parse_token_id(s.getColumn(4).getString())) row.token = *id;
            row.size = Shares::from_micros(s.getColumn(5).getInt64());
            row.payout = usdc(s, 6);
            row.slug = s.getColumn(7).getString();
            rows.push_back(std::move(row));
        }
        s.reset();
        return rows;
    });
}

Result<std::vector<WalletMoveRow>> Ledger::wallet_moves() const {
    return guarded(impl_->path.string(), [&] {
        std::vector<WalletMoveRow> rows;
        auto& s = impl_->store.statement(
            "SELECT seq, utc_ns, f.text FROM wallet_moves m JOIN facts f USING (seq) ORDER BY seq"
        );
        while (s.executeStep()) {
            auto const body = decode_fact("wallet_moved", s.getColumn(2).getString());
            if (!body) continue;
            rows.push_back(
                {count(s, 0),
                 UtcTime{Nanos{s.getColumn(1).getInt64()}},
                 std::get<WalletMoved>(*body)}
            );
        }
        s.reset();
        return rows;
    });
}

Result<std::vector<OrderId>> Ledger::open_orders() const {
    return guarded(impl_->path.string(), [&] {
        std::vector<OrderId> ids;
        auto& s =
            impl_->store.statement("SELECT order_id FROM orders WHERE state NOT IN "
                                   "('confirmed', 'failed', 'cancelled', 'rejected') ORDER BY seq");
        while (s.executeStep())
            if (auto const id = parse_order_id(s.getColumn(0).getString())) ids.push_back(*id);
        s.reset();
        return ids;
    });
}

Result<Usdc> Ledger::unassigned() const {
    return guarded(impl_->path.string(), [&] {
        return Usdc::from_micros(
            impl_->store.number("SELECT COALESCE(SUM(amount), 0) FROM wallet_moves")
        );
    });
}

namespace {

// By the newest word of each source; half and void pay the same.
std::set<std::string> find_disputed(Store& store) {
    std::map<std::string, std::set<std::string>> rulings;
    auto& s = store.statement(
        "SELECT market, CASE ruling WHEN 'VOIDED' THEN 'HALF' ELSE ruling END FROM ("
        "SELECT market, source, ruling, MAX(seq) FROM outcomes GROUP BY market, source)"
    );
    while (s.executeStep())
        rulings[s.getColumn(0).getString()].insert(s.getColumn(1).getString());
    s.reset();
    std::set<std::string> disputed;
    for (auto const& [market, said] : rulings)
        if (said.size() > 1 || said.contains("DISPUTED")) disputed.insert(market);
    return disputed;
}

} // namespace

Result<std::set<ConditionId>> Ledger::disputed_markets() const {
    return guarded(impl_->path.string(), [&] {
        std::set<ConditionId> markets;
        for (auto const& text : find_disputed(impl_->store))
            if (auto const id = parse_condition_id(text)) markets.insert(*id);
        return markets;
    });
}

Result<std::vector<TradeRow>> Ledger::trades(std::optional<StrategyName> const& only) const {
    return guarded(impl_->path.string(), [&] {
        std::vector<TradeRow> all;
        auto splits = bought_shares(impl_->store);
        auto const disputed = find_disputed(impl_->store);
        auto& s = impl_->store.bound(trades_sql, only ? only->text : std::string{});
        while (s.executeStep()) {
            auto& row = all.emplace_back(read_trade(s, splits));
            auto const waits = row.money == "redeemable" || row.money == "unresolved";
            if (waits && disputed.contains(s.getColumn(26).getString())) row.money = "disputed";
        }
        s.reset();
        return all;
    });
}

Result<Totals> Ledger::totals() const {
    auto const each = bankrolls();
    if (!each) return each.error();
    return guarded(impl_->path.string(), [&] {
        auto& store = impl_->store;
        auto const rows = [&](char const* sql) {
            return static_cast<std::uint64_t>(store.number(sql));
        };
        Totals t;
        t.facts = rows("SELECT COUNT(*) FROM facts");
        t.fills = rows("SELECT COUNT(*) FROM fills WHERE state <> 'failed'");
        t.windows = rows("SELECT COUNT(*) FROM windows");
        t.evaluations = rows("SELECT COALESCE(SUM(total), 0) FROM evaluations");
        for (auto const& b : *each) {
            t.orders += b.orders;
            t.orders_filled += b.orders_filled;
            t.wins += b.wins;
            t.losses += b.losses;
            t.capital += b.capital;
            t.cash += b.cash;
            t.reserved += b.reserved;
            t.positions += b.positions;
            t.fees += b.fees;
            t.realised += b.realised;
            t.redeemable += b.redeemable;
        }
        return t;
    });
}

Result<ReasonCounts> Ledger::reason_counts(std::optional<StrategyName> const& only) const {
    return guarded(impl_->path.string(), [&] {
        ReasonCounts counts;
        auto& s = impl_->store.bound(
            "SELECT reason, SUM(times) FROM evaluation_reasons JOIN evaluations USING (seq) "
            "WHERE ?1 = '' OR strategy = ?1 GROUP BY reason",
            only ? only->text : std::string{}
        );
        while (s.executeStep()) {
            auto const name = s.getColumn(0).getString();
            for (std::size_t n = 0; n < reason_count; ++n)
                if (to_string(static_cast<Reason>(n)) == name)
                    counts.add(static_cast<Reason>(n), count(s, 1));
        }
        s.reset();
        return counts;
    });
}

Result<std::vector<TradingStateRow>> Ledger::trading_states() const {
    return guarded(impl_->path.string(), [&] {
        std::vector<TradingStateRow> all;
        auto& s = impl_->store.statement(
            "SELECT strategy, halted, reason, text FROM trading_states ORDER BY strategy"
        );
        while (s.executeStep())
            all.push_back(TradingStateRow{
                StrategyName{s.getColumn(0).getString()},
                s.getColumn(1).getInt() != 0,
                s.getColumn(2).getString(),
                s.getColumn(3).getString()
            });
        s.reset();
        return all;
    });
}

} // namespace polyquant::ledger
