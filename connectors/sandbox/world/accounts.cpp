#include "connectors/sandbox/world/accounts.hpp"

#include <fmt/format.h>

#include <iterator>

namespace polyquant::sandbox {

Shares Account::holds(TokenId const& token) const {
    auto const at = tokens.find(token);
    return at == tokens.end() ? Shares{} : at->second;
}

std::string_view to_string(EntryKind kind) {
    switch (kind) {
    case EntryKind::deposit: return "deposit";
    case EntryKind::buy: return "buy";
    case EntryKind::sell: return "sell";
    case EntryKind::fee: return "fee";
    case EntryKind::payout: return "payout";
    case EntryKind::reversed: return "reversed";
    }
    std::abort();
}

Accounts::Accounts() {
    accounts_.emplace_back(); // the house, without a wallet
    statements_.emplace_back();
}

Account& Accounts::of(crypto::Address const& wallet) {
    auto const [at, fresh] = by_wallet_.try_emplace(wallet, AccountId{0});
    if (!fresh) return accounts_[at->second];
    at->second = static_cast<AccountId>(accounts_.size());
    auto& made = accounts_.emplace_back();
    statements_.emplace_back();
    made.id = at->second;
    made.wallet = wallet;
    return made;
}

Account const* Accounts::find(crypto::Address const& wallet) const {
    auto const at = by_wallet_.find(wallet);
    return at == by_wallet_.end() ? nullptr : &accounts_[at->second];
}

// The house trades all the time and nobody reads its statement.
void Accounts::record(AccountId id, StatementEntry entry) {
    if (id == house) return;
    entry.number = ++entries_;
    auto& statement = statements_.at(id);
    entry.cash_after = (statement.empty() ? Usdc{} : statement.back().cash_after) + entry.cash;
    statement.push_back(std::move(entry));
}

std::string statement_csv(std::vector<StatementEntry> const& entries) {
    std::string text =
        "number,time,kind,cash_micros,shares_micros,token,price,trade,order,cash_after_micros\n";
    for (auto const& e : entries)
        fmt::format_to(
            std::back_inserter(text),
            "{},{},{},{},{},{},{},{},{},{}\n",
            e.number,
            format_utc(e.at),
            to_string(e.kind),
            e.cash.micros(),
            e.shares.micros(),
            e.token.is_zero() ? std::string{} : to_string(e.token),
            to_string(e.price),
            e.trade.text,
            e.order.is_zero() ? std::string{} : to_string(e.order),
            e.cash_after.micros()
        );
    return text;
}

} // namespace polyquant::sandbox
