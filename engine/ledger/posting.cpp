#include "engine/ledger/posting.hpp"

namespace polyquant::ledger {

namespace {

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

} // namespace

void post(
    Store& store, std::uint64_t seq, StrategyName const& strategy, std::span<Line const> lines
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

} // namespace polyquant::ledger
