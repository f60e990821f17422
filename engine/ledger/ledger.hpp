// The books on disk: every fact archived, and every fact that moves money posted to at least two
// accounts that sum to zero, in integer micro-USDC. A fold over facts: replaying the archive into
// an empty ledger gives the same content.
//
// Chart of accounts; <s> is a strategy, a positive amount adds to what the account's name says:
//   capital:<s>            money put in, carried negative (where the money came from)
//   cash:<s>               free money
//   reserved:<s>           held for open orders: limit cost and highest fee
//   position:<s>:<token>   what the shares held have cost, without fees
//   fees:<s>               fees paid to the venue
//   pnl:<s>                results of sales and settlements before fees, profit carried negative
//   redeemable:<s>:<token> payouts that are claims on the venue, not in the wallet yet; negative
//                          where a result was corrected after its redemption: owed back
//   wallet:                money of the wallet that no strategy owns
//   outside:               where that came from, carried negative
// Postings by fact (from -> to):
//   capital_moved     capital -> cash
//   order_placed      cash -> reserved                       the reserve
//   order_changed     reserved -> cash                       what it no longer reserves
//   trade_matched     reserved -> cash, then a buy: cash -> position (cost), cash -> fees
//                     a sale: pnl -> cash (proceeds), cash -> fees, position -> pnl (cost)
//   trade_changed     to failed: the reverse of the trade's own amounts, but not of the reserve
//   position_settled  pnl -> cash (payout), position -> pnl (cost)
//   payout_claimed    cash -> redeemable                     where money is real
//   payout_collected  redeemable -> cash                     back in the wallet
//   wallet_moved      outside -> wallet
// A redemption itself (redemption_changed) moves nothing: payout_collected and, for what no
// strategy claimed, wallet_moved follow a confirmed one (execution/redemption_booking.hpp).
// Sold shares carry the average cost of the confirmed ones, never of purchases that may still fail.
// A settlement takes out what the books say the shares cost; where the fact names another cost,
// check() tells. CONFIRMED and FAILED are final: a trade that changes after them is refused.
// A WindowSettled for a market already settled corrects it (the venue overruled us); the
// PositionSettled that goes with it has no shares and the difference, of either sign, as payout.
#pragma once

#include "engine/core/facts.hpp"
#include "engine/ledger/migrations.hpp"

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace polyquant::ledger {

// normal: a power failure may cost the last facts, never consistency; the journal brings them back.
// full: every transaction is on the platter before apply returns.
enum class Durability : std::uint8_t { normal, full };

struct LedgerOptions {
    bool read_only = false; // no lock is taken; a writer may be at work
    Durability durability = Durability::normal;
    std::optional<std::int64_t> pages_max{}; // of 4096 bytes: the file refuses to grow beyond
    std::span<Migration const> migrations = ledger_migrations();
};

struct Bankroll {
    StrategyName strategy;
    Usdc capital;
    Usdc cash;
    Usdc reserved;
    Usdc positions; // at cost, without fees
    Usdc fees;      // paid so far, those of open positions included
    Usdc realised;  // of sales and settlements, their fees taken off
    std::uint64_t orders = 0;
    std::uint64_t orders_filled = 0; // fully or in part
    // Positions settled, each once and by the last word on it, and sales that closed a position,
    // won if they lost nothing.
    std::uint64_t wins = 0;
    std::uint64_t losses = 0;
    std::uint64_t open_positions = 0;
    Usdc redeemable; // settled, and not in the wallet yet

    // At cost: capital and results, less all fees.
    Usdc equity() const { return cash + reserved + positions + redeemable; }

    friend bool operator==(Bankroll const&, Bankroll const&) = default;
};

// What became of the orders of one strategy, coin and kind: fok, fak, gtc, gtd, as they were
// posted. A strategy that posts fok has its gtc orders only as fallbacks of those that found no
// match.
struct FillRate {
    StrategyName strategy;
    std::string asset; // "" for markets of no coin
    std::string tif;
    std::uint64_t sent = 0;
    std::uint64_t filled = 0;                        // fully or in part
    std::map<std::string, std::uint64_t> not_filled; // orders that are over, by reason
    std::optional<Millis> latency_mean;              // decision to match
    Usdc slippage; // paid above (buy) or got below (sell) the seen price

    friend bool operator==(FillRate const&, FillRate const&) = default;
};

struct OpenPosition {
    StrategyName strategy;
    ConditionId market;
    TokenId token;
    Outcome outcome = Outcome::up;
    Shares shares;
    Usdc cost; // without fees
    Usdc fees;
    Shares confirmed; // may be sold
    std::string slug;

    friend bool operator==(OpenPosition const&, OpenPosition const&) = default;
};

// A payout on its way into the wallet.
struct ClaimRow {
    StrategyName strategy;
    ConditionId market;
    TokenId token;
    Outcome outcome = Outcome::up;
    std::string slug;
    Shares size;
    Usdc claimed;
    Usdc collected;

    Usdc open() const { return claimed - collected; }
};

// One fill as booked.
struct FillRow {
    std::uint64_t seq = 0; // of the fact
    StrategyName strategy;
    OrderId order;
    TradeId trade;
    ConditionId market;
    TokenId token;
    std::string slug;
    Side side = Side::buy;
    Price price;
    Shares size;
    Usdc cost; // proceeds of a sale
    Usdc fee;
    bool maker = false;
    TradeState state = TradeState::matched;
    UtcTime matched_at{};
};

// One payout, or a correction of it, as booked.
struct SettlementRow {
    std::uint64_t seq = 0;
    UtcTime at{};
    StrategyName strategy;
    ConditionId market;
    TokenId token;
    std::string slug;
    Shares size;
    Usdc payout;
};

struct WalletMoveRow {
    std::uint64_t seq = 0;
    UtcTime at{};
    WalletMoved move;
};

// What one source said of a market, and when.
struct OutcomeRow {
    UtcTime at{};
    OutcomeReported said;
};

// One order that got a fill (not counting failed ones), with what became of it.
struct TradeRow {
    StrategyName strategy;
    UtcTime decided_at{};
    std::optional<UtcTime> window_start; // of the 5m and 15m series
    std::string slug;
    std::optional<Asset> asset;
    Outcome outcome = Outcome::up;
    Side side = Side::buy;
    Price ask_price;  // the quote it reacted to
    Price fill_price; // average, rounded to the micro
    Usdc bet_size;    // cost, or proceeds of a sale, without fee
    Shares shares;
    Usdc fee;
    Usdc potential_profit;              // if a buy wins, after fee
    std::optional<UsdPrice> open_price; // strike
    std::optional<UsdPrice> price_at_trade;
    bool resolved = false;
    std::optional<UsdPrice> exit_price;
    std::optional<bool> won;
    std::optional<Usdc> pnl; // after fees; buys of one position share its result by size
    std::optional<Usdc> bankroll_after;
    double win_probability = 0;
    double edge = 0;
    Millis fill_latency{0}; // to the first fill
    OrderState state = OrderState::created;
    OrderId order;
    // Where the money is: "open", "unresolved" (over, no result), "disputed", "lost", "redeemable",
    // "redeemed", or "paid" where nothing has to be redeemed.
    std::string money;
};

struct Totals {
    std::uint64_t facts = 0;
    std::uint64_t orders = 0;
    std::uint64_t orders_filled = 0;
    std::uint64_t fills = 0;
    std::uint64_t windows = 0;
    std::uint64_t evaluations = 0;
    std::uint64_t wins = 0;
    std::uint64_t losses = 0;
    Usdc capital;
    Usdc cash;
    Usdc reserved;
    Usdc positions;
    Usdc fees;
    Usdc realised;
    Usdc redeemable;

    friend bool operator==(Totals const&, Totals const&) = default;
};

struct TradingStateRow {
    StrategyName strategy; // empty: the whole engine; "coin:BTC": that coin's markets
    bool halted = false;
    std::string reason;
    std::string text;
};

// What the portfolio in memory believes, for check().
struct ExpectedMoney {
    StrategyName strategy;
    Usdc cash; // free, without reserves
    Usdc reserved;
};

class Ledger {
public:
    // Makes the file (mode 0600) where there is none. A newer schema, another program's database
    // and a second writer are refused. Before a non-empty ledger is migrated it is copied to
    // "<path>.v<old version>.backup".
    static Result<Ledger>
    open(std::filesystem::path const& path, LedgerOptions const& options = {});

    Ledger(Ledger&&) noexcept;
    Ledger& operator=(Ledger&&) noexcept;
    ~Ledger();

    // One transaction. Facts up to applied_seq() are skipped if they equal the archived ones; a
    // gap, a fact that differs from its archived self and one that contradicts the books (an
    // unknown order, a trade booked twice) are refused as Fault::invalid and leave everything as it
    // was. After a Fault::storage nothing more is written until the ledger is opened again.
    Result<void> apply(Fact const& fact) { return apply_batch({&fact, 1}); }

    Result<void> apply_batch(std::span<Fact const> facts);

    std::uint64_t applied_seq() const;

    // Has a disk error stopped the writing?
    std::optional<Failure> const& stopped_by() const;

    // The archive in order from `first_seq` on, to rebuild the portfolio after a restart.
    Result<void> for_each_fact(
        std::uint64_t first_seq, std::function<Result<void>(Fact const&)> const& visit
    ) const;

    Result<std::vector<Bankroll>> bankrolls() const; // by strategy name
    Result<std::vector<OpenPosition>> open_positions() const;
    // By strategy and token; only those with money still out unless `all`.
    Result<std::vector<ClaimRow>> claims(bool all = false) const;
    // The redemptions as their last fact left them, oldest first.
    Result<std::vector<RedemptionChanged>> redemptions() const;
    // In the order it was said.
    Result<std::vector<OutcomeRow>> outcomes(std::optional<ConditionId> const& only = {}) const;
    // Markets whose sources' newest words differ, or one of which disputes.
    Result<std::set<ConditionId>> disputed_markets() const;
    // Money of the wallet that no strategy owns.
    Result<Usdc> unassigned() const;
    // Each in the order of booking; failed fills too.
    Result<std::vector<FillRow>> fills() const;
    Result<std::vector<SettlementRow>> settlements() const;
    Result<std::vector<WalletMoveRow>> wallet_moves() const;
    // Orders that are not over.
    Result<std::vector<OrderId>> open_orders() const;
    Result<std::vector<TradeRow>> trades(std::optional<StrategyName> const& only = {}) const;
    Result<Totals> totals() const;
    Result<ReasonCounts> reason_counts(std::optional<StrategyName> const& only = {}) const;
    Result<std::vector<TradingStateRow>> trading_states() const;
    Result<std::vector<FillRate>> fill_rates() const; // by strategy, coin, kind

    // Problems in words, empty when all is well.
    Result<std::vector<std::string>> check(std::span<ExpectedMoney const> expected = {}) const;

    // The rows in which the two differ, table by table in key order, each with its key and what it
    // should be by the other; at most `most`. Empty when they are equal.
    Result<std::vector<std::string>> differences(Ledger const& right, std::size_t most = 20) const;

    // SHA-256 in hex over every table in key order: equal for equal histories.
    Result<std::string> content_digest() const;

    // Writes the trade log as CSV (RFC 4180, mode 0600, by rename); returns the rows written.
    Result<std::uint64_t> export_trades(
        std::filesystem::path const& csv, std::optional<StrategyName> const& only = {}
    ) const;

private:
    struct Impl;

    explicit Ledger(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

std::string trade_csv_header();
std::string trade_csv_line(TradeRow const& row);

} // namespace polyquant::ledger
