// Does the ledger agree with itself, and with what the portfolio in memory believes?
#include "engine/ledger/ledger_store.hpp"

namespace polyquant::ledger {

namespace {

std::string money(std::int64_t micros) {
    return to_string(Usdc::from_micros(micros));
}

std::string share_text(std::int64_t micros) {
    return to_string(Shares::from_micros(micros));
}

// Each query returns only offending rows.
struct Audit {
    char const* sql;
    std::string (*say)(SQLite::Statement& row);
};

std::string text(SQLite::Statement& row, int column) {
    return row.getColumn(column).getString();
}

std::int64_t number(SQLite::Statement& row, int column) {
    return row.getColumn(column).getInt64();
}

constexpr Audit audits[] = {
    {"SELECT COUNT(*), MAX(seq) FROM facts HAVING COUNT(*) <> COALESCE(MAX(seq), 0)",
     [](SQLite::Statement& r) {
         return fmt::format("{} facts are archived, the last is {}", number(r, 0), number(r, 1));
     }},
    {"SELECT seq, SUM(amount) FROM postings GROUP BY seq HAVING SUM(amount) <> 0",
     [](SQLite::Statement& r) {
         return fmt::format("postings of fact {} sum to {}", number(r, 0), money(number(r, 1)));
     }},
    {"SELECT p.seq FROM postings p LEFT JOIN entries e USING (seq) WHERE e.seq IS NULL "
     "GROUP BY p.seq",
     [](SQLite::Statement& r) {
         return fmt::format("postings of fact {} have no entry", number(r, 0));
     }},
    {"SELECT name, balance, COALESCE((SELECT SUM(amount) FROM postings WHERE account = a.id), 0) "
     "AS posted FROM accounts a WHERE balance <> posted",
     [](SQLite::Statement& r) {
         return fmt::format(
             "account {} shows {}, its postings sum to {}",
             text(r, 0),
             money(number(r, 1)),
             money(number(r, 2))
         );
     }},
    {"SELECT name, balance FROM accounts WHERE kind IN ('cash', 'reserved', 'position') "
     "AND balance < 0 ORDER BY name",
     [](SQLite::Statement& r) {
         return fmt::format("account {} is negative: {}", text(r, 0), money(number(r, 1)));
     }},
    {"SELECT strategy, token, shares, "
     "COALESCE((SELECT SUM(CASE side WHEN 'BUY' THEN shares ELSE -shares END) FROM fills f "
     "WHERE f.strategy = p.strategy AND f.token = p.token AND f.state <> 'failed'), 0) - "
     "COALESCE((SELECT SUM(shares) FROM settlements s "
     "WHERE s.strategy = p.strategy AND s.token = p.token), 0) AS filled "
     "FROM positions p WHERE shares <> filled",
     [](SQLite::Statement& r) {
         return fmt::format(
             "{} holds {} shares of {}, fills and settlements say {}",
             text(r, 0),
             share_text(number(r, 2)),
             text(r, 1),
             share_text(number(r, 3))
         );
     }},
    {"SELECT strategy, token, shares FROM positions WHERE shares < 0",
     [](SQLite::Statement& r) {
         return fmt::format(
             "{} holds {} shares of {}: more sold or settled than bought",
             text(r, 0),
             share_text(number(r, 2)),
             text(r, 1)
         );
     }},
    {"SELECT strategy, token, shares, confirmed FROM positions WHERE confirmed > shares "
     "OR confirmed_cost + confirmed_fees > cost + fees",
     [](SQLite::Statement& r) {
         return fmt::format(
             "{} holds {} shares of {}, {} of them confirmed, or these cost more than all",
             text(r, 0),
             share_text(number(r, 2)),
             text(r, 1),
             share_text(number(r, 3))
         );
     }},
    {"SELECT p.strategy, p.token, p.cost, a.balance FROM positions p "
     "LEFT JOIN accounts a ON a.name = 'position:' || p.strategy || ':' || p.token "
     "WHERE p.cost <> COALESCE(a.balance, 0)",
     [](SQLite::Statement& r) {
         return fmt::format(
             "the position of {} in {} cost {}, its account shows {}",
             text(r, 0),
             text(r, 1),
             money(number(r, 2)),
             money(number(r, 3))
         );
     }},
    {"SELECT strategy, reserved, "
     "COALESCE((SELECT SUM(reserved_left) FROM orders o WHERE o.strategy = b.strategy), 0) AS held "
     "FROM bankrolls b WHERE reserved <> held",
     [](SQLite::Statement& r) {
         return fmt::format(
             "{} has {} reserved, its orders reserve {}",
             text(r, 0),
             money(number(r, 1)),
             money(number(r, 2))
         );
     }},
    {"SELECT order_id, state, reserved_left FROM orders WHERE reserved_left <> 0 "
     "AND state IN ('confirmed', 'failed', 'cancelled', 'rejected') ORDER BY seq",
     [](SQLite::Statement& r) {
         return fmt::format(
             "order {} is {} and still reserves {}", text(r, 0), text(r, 1), money(number(r, 2))
         );
     }},
    {"SELECT strategy, capital + pnl - fees - cash - reserved - positions - redeemable AS gap FROM "
     "bankrolls "
     "WHERE gap <> 0",
     [](SQLite::Statement& r) {
         return fmt::format(
             "{}: capital and results differ from what it owns by {}",
             text(r, 0),
             money(number(r, 1))
         );
     }},
    {"SELECT strategy, pnl - fees AS booked, COALESCE((SELECT SUM(realised - fees) FROM positions "
     "p WHERE p.strategy = b.strategy), 0) AS rows FROM bankrolls b WHERE booked <> rows",
     [](SQLite::Statement& r) {
         return fmt::format(
             "{}: accounts show a result of {}, positions {}",
             text(r, 0),
             money(number(r, 1)),
             money(number(r, 2))
         );
     }},
    {"SELECT seq, strategy, cost, booked_cost + booked_fees AS booked FROM settlements "
     "WHERE cost <> booked ORDER BY seq",
     [](SQLite::Statement& r) {
         return fmt::format(
             "settlement {} of {}: the engine says the shares cost {}, the books {}",
             number(r, 0),
             text(r, 1),
             money(number(r, 2)),
             money(number(r, 3))
         );
     }},
    {"SELECT c.strategy, c.token, c.claimed - c.collected AS open, COALESCE(a.balance, 0) AS shown "
     "FROM claims c LEFT JOIN accounts a ON a.name = 'redeemable:' || c.strategy || ':' || c.token "
     "WHERE open <> shown",
     [](SQLite::Statement& r) {
         return fmt::format(
             "{} claims {} for {}, its account shows {}",
             text(r, 0),
             money(number(r, 2)),
             text(r, 1),
             money(number(r, 3))
         );
     }},
    {"SELECT strategy, token, collected, COALESCE((SELECT SUM(amount) FROM collections k "
     "WHERE k.strategy = c.strategy AND k.token = c.token), 0) AS arrived FROM claims c "
     "WHERE collected <> arrived",
     [](SQLite::Statement& r) {
         return fmt::format(
             "{} collected {} for {}, its redemptions say {}",
             text(r, 0),
             money(number(r, 2)),
             text(r, 1),
             money(number(r, 3))
         );
     }},
    {"SELECT strategy, token, claimed, COALESCE((SELECT SUM(payout) FROM settlements s "
     "WHERE s.strategy = c.strategy AND s.token = c.token), 0) AS paid FROM claims c "
     "WHERE claimed <> paid",
     [](SQLite::Statement& r) {
         return fmt::format(
             "{} claimed {} for {}, its settlements paid {}",
             text(r, 0),
             money(number(r, 2)),
             text(r, 1),
             money(number(r, 3))
         );
     }},
    {"SELECT balance, COALESCE((SELECT SUM(amount) FROM wallet_moves), 0) AS moved FROM accounts "
     "WHERE kind = 'wallet' AND balance <> moved",
     [](SQLite::Statement& r) {
         return fmt::format(
             "the wallet's account shows {}, its moves sum to {}",
             money(number(r, 0)),
             money(number(r, 1))
         );
     }},
    {"SELECT p.strategy, w.slug, p.outcome, p.shares FROM positions p "
     "JOIN windows w ON w.market = p.market WHERE p.shares > 0 ORDER BY p.strategy, w.seq",
     [](SQLite::Statement& r) {
         return fmt::format(
             "{} still holds {} {} of {}, which is settled",
             text(r, 0),
             share_text(number(r, 3)),
             text(r, 2),
             text(r, 1)
         );
     }},
    {"SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT 20",
     [](SQLite::Statement& r) {
         return fmt::format("table {} refers to a missing row of {}", text(r, 0), text(r, 2));
     }},
    {"SELECT quick_check FROM pragma_quick_check WHERE quick_check <> 'ok' LIMIT 20",
     [](SQLite::Statement& r) {
         return fmt::format("damaged file: {}", text(r, 0));
     }},
};

} // namespace

Result<std::vector<std::string>> Ledger::check(std::span<ExpectedMoney const> expected) const {
    auto const all = bankrolls();
    if (!all) return all.error();
    return guarded(impl_->path.string(), [&] {
        std::vector<std::string> problems;
        for (auto const& audit : audits) {
            auto& rows = impl_->store.statement(audit.sql);
            while (rows.executeStep())
                problems.push_back(audit.say(rows));
            rows.reset();
        }
        for (auto const& e : expected) {
            Bankroll booked;
            for (auto const& b : *all)
                if (b.strategy == e.strategy) booked = b;
            if (booked.cash != e.cash || booked.reserved != e.reserved)
                problems.push_back(fmt::format(
                    "{}: the portfolio has {} free and {} reserved, the ledger {} and {}",
                    e.strategy.text,
                    to_string(e.cash),
                    to_string(e.reserved),
                    to_string(booked.cash),
                    to_string(booked.reserved)
                ));
        }
        return problems;
    });
}

} // namespace polyquant::ledger
