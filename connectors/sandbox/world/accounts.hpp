// Who trades in the sandbox and what everyone owns, in exact micros. Nothing is created or lost
// here: audit() counts it all.
#pragma once

#include "connectors/crypto/address.hpp"
#include "connectors/simulated/matching_core.hpp"
#include "engine/core/ids.hpp"
#include "engine/core/units.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::sandbox {

using simulated::AccountId;
inline constexpr AccountId house = 0; // everybody else in the market: unlimited, pays its losses

// The venue's three exchanges each need an approval of their own.
enum class Spender : std::uint8_t { exchange, neg_risk_exchange, exchange_v3 };
inline constexpr std::size_t spender_count = 3;

struct Account {
    AccountId id = 0;
    crypto::Address wallet; // holds the funds: the orders' maker
    Usdc cash;
    std::map<TokenId, Shares> tokens;                                // no zero entries
    std::array<std::optional<Usdc>, spender_count> pusd_allowance{}; // empty: unlimited
    std::array<bool, spender_count> tokens_approved{true, true, true};
    bool banned = false;
    bool closed_only = false;
    Usdc deposited; // from outside, less withdrawals

    Shares holds(TokenId const& token) const;
};

enum class EntryKind : std::uint8_t { deposit, buy, sell, fee, payout, reversed };
std::string_view to_string(EntryKind kind);

// One line of an account's statement. Money and shares signed as they change the balance.
struct StatementEntry {
    std::uint64_t number = 0; // over all accounts, in the order things happened
    UtcTime at{};
    EntryKind kind = EntryKind::deposit;
    Usdc cash;
    Shares shares;
    TokenId token;
    Price price;
    TradeId trade;
    OrderId order;
    Usdc cash_after;
};

// What must add up at any moment.
struct Audit {
    Usdc deposited;                   // by all accounts
    Usdc cash;                        // of all accounts
    Usdc in_flight;                   // of matched trades that have not settled
    Usdc collateral;                  // behind outstanding pairs of tokens
    Usdc treasury;                    // fees, and the fractions of a micro that rounding leaves
    std::vector<std::string> defects; // in words; empty when all is well

    bool balances() const { return defects.empty(); }
};

class Accounts {
public:
    Accounts();

    // The account of this wallet, made when it is new.
    Account& of(crypto::Address const& wallet);

    Account& at(AccountId id) { return accounts_.at(id); }

    Account const& at(AccountId id) const { return accounts_.at(id); }

    Account const* find(crypto::Address const& wallet) const;

    std::size_t size() const { return accounts_.size(); }

    void record(AccountId id, StatementEntry entry);

    // Every entry of the account, oldest first.
    std::vector<StatementEntry> const& statement(AccountId id) const { return statements_.at(id); }

private:
    std::deque<Account> accounts_; // references stay valid
    std::vector<std::vector<StatementEntry>> statements_;
    std::map<crypto::Address, AccountId> by_wallet_;
    std::uint64_t entries_ = 0;
};

// CSV with a header line; what a ledger is compared with.
std::string statement_csv(std::vector<StatementEntry> const& entries);

} // namespace polyquant::sandbox
