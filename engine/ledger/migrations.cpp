#include "engine/ledger/migrations.hpp"

namespace polyquant::ledger {

namespace {

// Money is in micro-USDC, shares in millionths, coin prices in 1e-8 USD, times in UTC nanoseconds.
// A posting row refers to an entry row that is written after it (a deferred foreign key, checked at
// commit); writing the entry checks the sum. So no transaction commits an unbalanced fact.
constexpr char const* books = R"sql(
CREATE TABLE facts (
    seq INTEGER PRIMARY KEY CHECK (seq > 0),
    utc_ns INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL
        CHECK (kind IN ('capital', 'cash', 'reserved', 'position', 'fees', 'pnl')),
    strategy TEXT NOT NULL,
    token TEXT NOT NULL,
    balance INTEGER NOT NULL
) STRICT;

CREATE TABLE entries (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    lines INTEGER NOT NULL CHECK (lines >= 2)
) STRICT;

CREATE TABLE postings (
    seq INTEGER NOT NULL REFERENCES entries (seq) DEFERRABLE INITIALLY DEFERRED,
    line INTEGER NOT NULL,
    account INTEGER NOT NULL REFERENCES accounts (id),
    amount INTEGER NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (seq, line)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER entry_must_balance BEFORE INSERT ON entries
WHEN (SELECT COALESCE(SUM(amount), 1) FROM postings WHERE seq = NEW.seq) <> 0
    OR (SELECT COUNT(*) FROM postings WHERE seq = NEW.seq) <> NEW.lines
BEGIN SELECT RAISE(ABORT, 'the postings of a fact do not sum to zero'); END;

CREATE TRIGGER posting_after_entry BEFORE INSERT ON postings
WHEN EXISTS (SELECT 1 FROM entries WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the entry of this fact is closed'); END;

CREATE TRIGGER posting_moves_balance AFTER INSERT ON postings
BEGIN UPDATE accounts SET balance = balance + NEW.amount WHERE id = NEW.account; END;

CREATE TRIGGER facts_stay BEFORE UPDATE ON facts
BEGIN SELECT RAISE(ABORT, 'facts are never changed'); END;
CREATE TRIGGER facts_are_kept BEFORE DELETE ON facts
BEGIN SELECT RAISE(ABORT, 'facts are never deleted'); END;
CREATE TRIGGER postings_stay BEFORE UPDATE ON postings
BEGIN SELECT RAISE(ABORT, 'postings are never changed'); END;
CREATE TRIGGER postings_are_kept BEFORE DELETE ON postings
BEGIN SELECT RAISE(ABORT, 'postings are never deleted'); END;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entries_are_kept BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

CREATE TABLE epochs (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    strategy TEXT NOT NULL,
    kind TEXT NOT NULL,
    epoch TEXT NOT NULL,
    parameters TEXT NOT NULL
) STRICT;
CREATE INDEX epochs_by_strategy ON epochs (strategy, seq);

CREATE TABLE orders (
    order_id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL UNIQUE REFERENCES facts (seq),
    strategy TEXT NOT NULL,
    epoch TEXT NOT NULL,
    market TEXT NOT NULL,
    slug TEXT NOT NULL,
    token TEXT NOT NULL,
    outcome TEXT NOT NULL,
    asset TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    tif TEXT NOT NULL,
    limit_price INTEGER NOT NULL,
    shares INTEGER NOT NULL,
    seen_price INTEGER NOT NULL,
    seen_spot INTEGER NOT NULL,
    seen_strike INTEGER NOT NULL,
    win_probability REAL,
    edge REAL,
    decided_ns INTEGER NOT NULL,
    input_seq INTEGER NOT NULL,
    reserved_left INTEGER NOT NULL,
    matched INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    venue_text TEXT NOT NULL
) STRICT;

CREATE TABLE positions (
    strategy TEXT NOT NULL,
    token TEXT NOT NULL,
    market TEXT NOT NULL,
    outcome TEXT NOT NULL,
    shares INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    fees INTEGER NOT NULL,
    realised INTEGER NOT NULL,
    PRIMARY KEY (strategy, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX positions_by_market ON positions (market);

CREATE TABLE fills (
    trade TEXT NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (order_id),
    seq INTEGER NOT NULL UNIQUE REFERENCES facts (seq),
    strategy TEXT NOT NULL,
    token TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    price INTEGER NOT NULL,
    shares INTEGER NOT NULL CHECK (shares > 0),
    cost INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    maker INTEGER NOT NULL,
    state TEXT NOT NULL,
    matched_ns INTEGER NOT NULL,
    latency_ms INTEGER NOT NULL,
    basis INTEGER NOT NULL,
    basis_fees INTEGER NOT NULL,
    closes INTEGER NOT NULL,
    bankroll_after INTEGER NOT NULL,
    PRIMARY KEY (order_id, trade)
) STRICT, WITHOUT ROWID;
CREATE INDEX fills_by_position ON fills (strategy, token);

CREATE TABLE windows (
    market TEXT PRIMARY KEY,
    seq INTEGER NOT NULL REFERENCES facts (seq),
    slug TEXT NOT NULL,
    asset TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    length_s INTEGER NOT NULL,
    rule TEXT NOT NULL,
    strike_e8 INTEGER NOT NULL,
    final_e8 INTEGER NOT NULL,
    source TEXT NOT NULL,
    winner TEXT NOT NULL CHECK (winner IN ('UP', 'DOWN', 'SPLIT')),
    revisions INTEGER NOT NULL
) STRICT;

CREATE TABLE settlements (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    strategy TEXT NOT NULL,
    token TEXT NOT NULL,
    market TEXT NOT NULL,
    outcome TEXT NOT NULL,
    shares INTEGER NOT NULL,
    payout INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    booked_cost INTEGER NOT NULL,
    booked_fees INTEGER NOT NULL,
    won INTEGER NOT NULL,
    bankroll_after INTEGER NOT NULL
) STRICT;
CREATE INDEX settlements_by_position ON settlements (strategy, token);

CREATE TABLE evaluations (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    strategy TEXT NOT NULL,
    epoch TEXT NOT NULL,
    asset TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    length_s INTEGER NOT NULL,
    last_reason TEXT NOT NULL,
    total INTEGER NOT NULL
) STRICT;

CREATE TABLE evaluation_reasons (
    seq INTEGER NOT NULL REFERENCES evaluations (seq),
    reason TEXT NOT NULL,
    times INTEGER NOT NULL CHECK (times > 0),
    PRIMARY KEY (seq, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE trading_states (
    strategy TEXT PRIMARY KEY,
    seq INTEGER NOT NULL REFERENCES facts (seq),
    halted INTEGER NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;

-- What a strategy owns, in micro-USDC: capital + pnl - fees = cash + reserved + positions.
CREATE VIEW bankrolls AS
SELECT strategy,
    COALESCE(-SUM(balance) FILTER (WHERE kind = 'capital'), 0) AS capital,
    COALESCE(SUM(balance) FILTER (WHERE kind = 'cash'), 0) AS cash,
    COALESCE(SUM(balance) FILTER (WHERE kind = 'reserved'), 0) AS reserved,
    COALESCE(SUM(balance) FILTER (WHERE kind = 'position'), 0) AS positions,
    COALESCE(SUM(balance) FILTER (WHERE kind = 'fees'), 0) AS fees,
    COALESCE(-SUM(balance) FILTER (WHERE kind = 'pnl'), 0) AS pnl
FROM accounts GROUP BY strategy;
)sql";

// Sales used to take the average cost of all shares, those not settled yet included. The rows that
// followed from it are booked again from the archive, since postings once made are never changed.
constexpr char const* confirmed_cost = R"sql(
DROP TRIGGER postings_are_kept;
DROP TRIGGER entries_are_kept;
DELETE FROM trading_states;
DELETE FROM evaluation_reasons;
DELETE FROM evaluations;
DELETE FROM settlements;
DELETE FROM windows;
DELETE FROM fills;
DELETE FROM positions;
DELETE FROM orders;
DELETE FROM epochs;
DELETE FROM postings;
DELETE FROM entries;
DELETE FROM accounts;
CREATE TRIGGER postings_are_kept BEFORE DELETE ON postings
BEGIN SELECT RAISE(ABORT, 'postings are never deleted'); END;
CREATE TRIGGER entries_are_kept BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

ALTER TABLE positions ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE positions ADD COLUMN confirmed_cost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE positions ADD COLUMN confirmed_fees INTEGER NOT NULL DEFAULT 0;
)sql";

// Promises against outcomes. `accuracy` is the question most asked of it: what every promise was
// worth, with the winner where it is known.
constexpr char const* accuracy = R"sql(
CREATE TABLE forecasts (
    seq INTEGER NOT NULL REFERENCES facts (seq),
    left_ms INTEGER NOT NULL,
    market TEXT NOT NULL,
    slug TEXT NOT NULL,
    asset TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    length_s INTEGER NOT NULL,
    fee_rate INTEGER NOT NULL,
    fee_exponent INTEGER NOT NULL,
    model INTEGER NOT NULL,
    up REAL,
    up_bid INTEGER,
    up_ask INTEGER,
    down_bid INTEGER,
    down_ask INTEGER,
    PRIMARY KEY (seq, left_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX forecasts_by_market ON forecasts (market);

CREATE TABLE bets (
    order_id TEXT PRIMARY KEY REFERENCES orders (order_id),
    seq INTEGER NOT NULL REFERENCES facts (seq),
    strategy TEXT NOT NULL,
    epoch TEXT NOT NULL,
    asset TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    length_s INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    promised REAL NOT NULL,
    shares INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    won INTEGER NOT NULL,
    first_of_window INTEGER NOT NULL,
    first_of_asset INTEGER NOT NULL,
    revisions INTEGER NOT NULL
) STRICT;

CREATE TABLE calibrations (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    strategy TEXT NOT NULL,
    epoch TEXT NOT NULL,
    asset TEXT NOT NULL,
    was TEXT NOT NULL,
    became TEXT NOT NULL,
    evidence REAL NOT NULL,
    bets INTEGER NOT NULL,
    promised REAL NOT NULL,
    won REAL NOT NULL
) STRICT;

CREATE TABLE verdicts (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    asset TEXT NOT NULL,
    from_ns INTEGER NOT NULL,
    to_ns INTEGER NOT NULL,
    trade INTEGER NOT NULL,
    by_trades INTEGER NOT NULL,
    windows INTEGER NOT NULL,
    bets INTEGER NOT NULL,
    promised REAL NOT NULL,
    edge REAL NOT NULL,
    low REAL,
    high REAL,
    text TEXT NOT NULL
) STRICT;

CREATE VIEW accuracy AS
SELECT f.asset, f.start_ns, f.left_ms, f.model, f.up, f.up_bid, f.up_ask, f.down_bid, f.down_ask,
    w.winner
FROM forecasts f LEFT JOIN windows w ON w.market = f.market;
)sql";

// The way of the money from a settled position into the wallet has accounts of its own. The kinds
// of accounts are part of their table, which is why it is made anew.
constexpr char const* redemption = R"sql(
DROP TRIGGER postings_are_kept;
DROP TRIGGER entries_are_kept;
DELETE FROM verdicts;
DELETE FROM calibrations;
DELETE FROM bets;
DELETE FROM forecasts;
DELETE FROM trading_states;
DELETE FROM evaluation_reasons;
DELETE FROM evaluations;
DELETE FROM settlements;
DELETE FROM windows;
DELETE FROM fills;
DELETE FROM positions;
DELETE FROM orders;
DELETE FROM epochs;
DELETE FROM postings;
DELETE FROM entries;
DROP VIEW bankrolls;
DROP TRIGGER posting_moves_balance;
DROP TABLE accounts;
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('capital', 'cash', 'reserved', 'position', 'fees', 'pnl',
        'redeemable', 'wallet', 'outside')),
    strategy TEXT NOT NULL,
    token TEXT NOT NULL,
    balance INTEGER NOT NULL
) STRICT;
CREATE TRIGGER posting_moves_balance AFTER INSERT ON postings
BEGIN UPDATE accounts SET balance = balance + NEW.amount WHERE id = NEW.account; END;
CREATE TRIGGER postings_are_kept BEFORE DELETE ON postings
BEGIN SELECT RAISE(ABORT, 'postings are never deleted'); END;
CREATE TRIGGER entries_are_kept BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

-- What a strategy owns, in micro-USDC:
-- capital + pnl - fees = cash + reserved + positions + redeemable.
CREATE VIEW bankrolls AS
SELECT strategy,
    COALESCE(-SUM(balance) FILTER (WHERE kind = 'capital'), 0) AS capital,
    COALESCE(SUM(balance) FILTER (WHERE kind = 'cash'), 0) AS cash,
    COALESCE(SUM(balance) FILTER (WHERE kind = 'reserved'), 0) AS reserved,
    COALESCE(SUM(balance) FILTER (WHERE kind = 'position'), 0) AS positions,
    COALESCE(SUM(balance) FILTER (WHERE kind = 'fees'), 0) AS fees,
    COALESCE(-SUM(balance) FILTER (WHERE kind = 'pnl'), 0) AS pnl,
    COALESCE(SUM(balance) FILTER (WHERE kind = 'redeemable'), 0) AS redeemable
FROM accounts WHERE kind NOT IN ('wallet', 'outside') GROUP BY strategy;

CREATE TABLE outcomes (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    market TEXT NOT NULL,
    slug TEXT NOT NULL,
    asset TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    length_s INTEGER NOT NULL,
    source TEXT NOT NULL,
    ruling TEXT NOT NULL CHECK (ruling IN ('UP', 'DOWN', 'HALF', 'VOIDED', 'DISPUTED')),
    text TEXT NOT NULL
) STRICT;
CREATE INDEX outcomes_by_market ON outcomes (market, source, seq);

CREATE TABLE capture_errors (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    market TEXT NOT NULL,
    slug TEXT NOT NULL,
    asset TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    length_s INTEGER NOT NULL,
    strike_e8 INTEGER NOT NULL,
    official_strike_e8 INTEGER NOT NULL,
    final_e8 INTEGER NOT NULL,
    official_final_e8 INTEGER NOT NULL,
    other_winner INTEGER NOT NULL
) STRICT;

CREATE TABLE claims (
    strategy TEXT NOT NULL,
    token TEXT NOT NULL,
    seq INTEGER NOT NULL REFERENCES facts (seq),
    market TEXT NOT NULL,
    outcome TEXT NOT NULL,
    shares INTEGER NOT NULL,
    claimed INTEGER NOT NULL,
    collected INTEGER NOT NULL,
    PRIMARY KEY (strategy, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_by_market ON claims (market);

CREATE TABLE redemptions (
    redemption TEXT NOT NULL,
    market TEXT NOT NULL,
    first_seq INTEGER NOT NULL REFERENCES facts (seq),
    seq INTEGER NOT NULL REFERENCES facts (seq),
    slug TEXT NOT NULL,
    state TEXT NOT NULL,
    via TEXT NOT NULL,
    tx TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    block INTEGER NOT NULL,
    gas_wei INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (redemption, market)
) STRICT, WITHOUT ROWID;

CREATE TABLE collections (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    redemption TEXT NOT NULL,
    strategy TEXT NOT NULL,
    token TEXT NOT NULL,
    market TEXT NOT NULL,
    amount INTEGER NOT NULL
) STRICT;

CREATE TABLE wallet_moves (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    cause TEXT NOT NULL,
    amount INTEGER NOT NULL,
    reference TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
)sql";

constexpr Migration all[] = {
    {1, "books", books},
    {2, "cost of confirmed shares", confirmed_cost, true},
    {3, "promises against outcomes", accuracy},
    {4, "from settlement to the wallet", redemption, true},
};

} // namespace

std::span<Migration const> ledger_migrations() {
    return all;
}

} // namespace polyquant::ledger
