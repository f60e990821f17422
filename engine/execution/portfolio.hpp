// Money, positions and statistics of every strategy as a pure fold over facts: the same facts give
// the same portfolio, live, in replay and after a restart.
//
// The equation that always holds, per strategy, in integer micro-USDC:
//     cash + reserved + redeemable + cost of positions == capital + realised profit
//
// The ledger on disk is a second fold over the same facts and agrees to the micro. Where a choice
// exists, both choose so:
//   sale           carries the average cost of the confirmed shares, all of it for the last one
//   failed trade   takes back exactly what it moved, whatever happened since
//   settlement     takes out what the books say the shares cost, not what the fact says; purchases
//                  not yet settled are paid with the rest and their confirmation then moves nothing
//   fill taken back after its payout
//                  leaves fewer than zero shares; a settlement of as many negative shares pays the
//                  payout back. A position of which nothing remains so was neither won nor lost.
//   win or loss    a settled position counts once, by the last word on it: a correction (no shares,
//                  the difference as payout) and a late payout flip it. A sale counts when it
//                  leaves no shares, as won if it lost nothing, until it fails.
#pragma once

#include "engine/core/facts.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace polyquant::execution {

// Shares of one token. Exposure counts from MATCHED, `confirmed` is what may be sold.
struct Position {
    ConditionId market;
    TokenId token;
    Outcome outcome = Outcome::up;
    std::optional<Asset> asset;
    std::optional<Window> window;
    Shares exposure;
    Shares confirmed;
    Usdc cost;           // of the exposure, fees included
    Usdc confirmed_cost; // the part of it that the confirmed shares carry
};

// A payout on its way back into the wallet.
struct Claim {
    ConditionId market;
    TokenId token;
    Shares size; // of all payouts claimed; collecting leaves it
    Usdc amount; // not collected yet
};

struct TrackedOrder {
    PlaceOrder intent;
    std::string slug;
    std::optional<Window> window;
    OrderState state = OrderState::created;
    Usdc reserved;
    Shares filled; // voided fills subtracted
    bool counted_sent = false;
    bool counted_fill = false;
};

struct FillStatistics {
    std::uint64_t sent = 0;
    std::uint64_t filled = 0; // orders with at least one fill
    std::uint64_t trades = 0;
    std::uint64_t voided = 0; // trades that failed to settle
    ReasonCounts not_filled;  // orders that ended without a fill
    Millis latency_sum{0};    // decision to match, first fill of each order
    Millis latency_max{0};
    Usdc slippage; // paid above (buy) or got below (sell) the seen price
    Shares size;
};

// What happened since the strategy got its present parameters.
struct EpochStatistics {
    std::uint64_t epoch = 0;
    std::string kind;
    UtcTime since{};
    std::uint64_t wins = 0;
    std::uint64_t losses = 0;
    Usdc realised;
    Usdc fees;
    ReasonCounts reasons; // evaluations without and with an order
    // By asset; the last one is for markets that are not on one of our coins.
    std::array<FillStatistics, asset_count + 1> fills;

    FillStatistics total() const;
};

// A position that came to its end, newest last.
struct ClosedPosition {
    UtcTime at{}; // of the first word on it
    bool won = false;
    TokenId token;
    std::optional<std::pair<OrderId, TradeId>> by_trade; // sold, and so can still be voided
    Shares settled{}; // by settlements, what was taken back subtracted
};

// What the sequential test says of the present parameters; facts decide, so a restart keeps it.
struct CalibrationStates {
    CalibrationState all = CalibrationState::trusted;
    std::array<CalibrationState, asset_count> by_asset{};

    // The worse of the two.
    CalibrationState of(std::optional<Asset> asset) const {
        return asset ? std::max(all, by_asset[index_of(*asset)]) : all;
    }
};

struct StrategyAccount {
    Usdc capital; // put in minus taken out
    Usdc cash;
    Usdc reserved;
    Usdc redeemable; // paid out by settlements and not in the wallet yet: sum of `claims`
    Usdc realised;
    Usdc fees; // paid on fills that were not voided
    std::uint64_t wins = 0;
    std::uint64_t losses = 0;
    // The last 4096, over epochs: the streak is about money. More than a strategy can close in the
    // hours that a settlement can be corrected.
    std::deque<ClosedPosition> closed;
    std::map<TokenId, Position> positions;
    std::map<TokenId, Claim> claims;        // none that is zero
    std::map<OrderId, TrackedOrder> orders; // open ones, and the last closed for late trades
    EpochStatistics epoch;
    CalibrationStates calibration;
    bool halted = false;
    Reason halt_reason = Reason::kill_switch;
    std::string halt_text;

    Usdc position_cost() const;

    // What the strategy owns, positions at cost.
    Usdc bankroll() const { return cash + reserved + redeemable + position_cost(); }

    int losses_in_a_row() const;
    std::size_t open_orders() const;
    std::size_t open_orders(TokenId const& token) const;
    // Confirmed shares that no open sell order has claimed.
    Shares sellable(TokenId const& token) const;

private:
    friend class Portfolio;

    struct TradeEffect { // added at MATCHED, subtracted to the micro at FAILED
        TokenId token;
        // Of the trade, since its order may be forgotten when it fails.
        ConditionId market;
        Outcome outcome = Outcome::up;
        std::optional<Asset> asset;
        std::optional<Window> window;
        Usdc cash;
        Usdc cost;
        Usdc realised;
        Usdc fee;
        Shares exposure;
        Shares confirmed;
        Usdc confirmed_cost;
        bool paid_out = false;                          // by a settlement, before it was confirmed
        std::optional<std::pair<UtcTime, bool>> closed; // a sale that was counted: when, won
    };

    std::map<std::pair<OrderId, TradeId>, TradeEffect> unsettled_;
    std::deque<OrderId> closed_orders_;
    std::int64_t day_ = 0; // UTC day of day_realised_
    Usdc day_realised_;
};

class Portfolio {
public:
    void apply(Fact const& fact);

    // Null for a strategy that no fact has named.
    StrategyAccount const* find(StrategyName const& strategy) const;

    std::map<StrategyName, StrategyAccount> const& strategies() const { return strategies_; }

    // Realised profit in the UTC day of `now`, fees included.
    Usdc realised_today(StrategyName const& strategy, UtcTime now) const;
    Usdc realised_today(UtcTime now) const;

    // Money at risk: reserved by open orders plus cost of shares not yet settled.
    Usdc exposure() const;
    Usdc exposure(Window const& window) const;
    Usdc exposure(Asset asset) const;

    // Does any strategy but this one hold shares of the market, or have an order there?
    bool is_engaged(ConditionId const& market, StrategyName const& besides) const;

    // The engine as a whole was stopped, and why.
    bool halted() const { return halted_; }

    Reason halt_reason() const { return halt_reason_; }

    std::string const& halt_text() const { return halt_text_; }

    // Why the markets of this coin were stopped; empty when they were not.
    std::optional<std::string> const& halt_of(Asset asset) const {
        return asset_halts_[index_of(asset)];
    }

    // Money of the wallet that no strategy owns, as far as facts say.
    Usdc unassigned() const { return unassigned_; }

    // Redemptions whose transaction is on its way, by market.
    std::map<ConditionId, RedemptionChanged> const& open_redemptions() const {
        return open_redemptions_;
    }

    // Of the last 1024 redemptions.
    bool is_confirmed(RedemptionId const& redemption, ConditionId const& market) const {
        return std::ranges::find(confirmed_, std::pair{redemption, market}) != confirmed_.end();
    }

    // What a confirmed redemption gave to whom, newest last, of the last 1024: to undo it.
    std::deque<PayoutCollected> const& collected() const { return collected_; }

    // The first violated invariant in words; empty when the books are right.
    std::optional<std::string> audit() const;

private:
    void on(EpochOpened const& fact, UtcTime at);
    void on(CapitalMoved const& fact, UtcTime at);
    void on(OrderPlaced const& fact, UtcTime at);
    void on(OrderChanged const& fact, UtcTime at);
    void on(TradeMatched const& fact, UtcTime at);
    void on(TradeChanged const& fact, UtcTime at);
    void on(WindowSettled const& fact, UtcTime at);
    void on(PositionSettled const& fact, UtcTime at);
    void on(WindowEvaluated const& fact, UtcTime at);
    void on(TradingStateChanged const& fact, UtcTime at);
    void on(WindowForecast const& fact, UtcTime at);
    void on(BetJudged const& fact, UtcTime at);
    void on(CalibrationChanged const& fact, UtcTime at);
    void on(DailyVerdict const& fact, UtcTime at);
    void on(OutcomeReported const& fact, UtcTime at);
    void on(CaptureDiffered const& fact, UtcTime at);
    void on(PayoutClaimed const& fact, UtcTime at);
    void on(RedemptionChanged const& fact, UtcTime at);
    void on(PayoutCollected const& fact, UtcTime at);
    void on(WalletMoved const& fact, UtcTime at);
    static void book_realised(StrategyAccount& account, Usdc amount, UtcTime at);

    std::map<StrategyName, StrategyAccount> strategies_;
    bool halted_ = false;
    Reason halt_reason_ = Reason::trading_halted;
    std::string halt_text_;
    std::array<std::optional<std::string>, asset_count> asset_halts_{};
    Usdc unassigned_;
    std::map<ConditionId, RedemptionChanged> open_redemptions_;
    std::deque<std::pair<RedemptionId, ConditionId>> confirmed_;
    std::deque<PayoutCollected> collected_;
};

} // namespace polyquant::execution
