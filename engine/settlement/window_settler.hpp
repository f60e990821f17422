// What becomes of a window after its close: who won, by the market's own rule, and what each
// strategy's shares pay. A pure state machine: events in, facts out.
#pragma once

#include "engine/core/events.hpp"
#include "engine/core/facts.hpp"
#include "engine/market/market_board.hpp"
#include "engine/settlement/window_estimate.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace polyquant::settlement {

// All but payout_delay count from the window's close.
struct SettlerLimits {
    Millis final_price_wait{5'000}; // late ticks are awaited before our own outcome is computed
    Millis proxy_wait{30'000};      // and better prices than Binance's this long
    Seconds official_wait{0};       // the venue's word is awaited this long before ours counts
    Millis payout_delay{0};         // from the outcome to the money
    Seconds unresolved_alarm{3'600};
    Seconds remember{6 * 3'600};       // after settling: so long can it be corrected
    Seconds remember_paid{7 * 86'400}; // the same where something was paid: disputes take days
    bool claims = false;               // payouts are claims until they are redeemed (PayoutClaimed)
    Seconds stale_after{72 * 3'600};   // undecided for so long is stale
    bool stale_is_loss = false;        // and booked as lost, until the venue speaks after all

    friend bool operator==(SettlerLimits const&, SettlerLimits const&) = default;
};

struct Holding {
    StrategyName strategy;
    TokenId token;
    Outcome outcome = Outcome::up;
    Shares shares;
    Usdc cost; // fees included
};

// Something a human should read; the money is in the facts.
struct SettlementNote {
    enum class Kind : std::uint8_t {
        contradicted, // the venue's winner is not ours
        disputed,     // official prices contradict each other: waits for the venue
        unresolved,   // nobody knows the winner since unresolved_alarm; repeated at that interval
        bad_holding,  // fewer shares in a settled market than were taken back
        taken_back,   // a fill failed after its window was paid: the payout is booked back
        stale,        // the same after stale_after
        booked_lost,  // stale, and the rule says so
    } kind = Kind::contradicted;
    ConditionId market;
    std::string slug;
    std::string text;
};

std::string_view to_string(SettlementNote::Kind kind);

struct SettlerCounts {
    std::uint64_t settled_by_us = 0;
    std::uint64_t settled_by_venue = 0;
    std::uint64_t confirmed = 0;    // the venue agreed with our estimate, before or after payment
    std::uint64_t contradicted = 0; // it did not
    std::uint64_t corrected = 0;    // of these: after we had settled
    std::uint64_t given_up = 0;     // nobody held shares and no price ever came
    std::uint64_t booked_lost = 0;  // positions of stale markets, by the rule

    friend bool operator==(SettlerCounts const&, SettlerCounts const&) = default;
};

// Exactly 1 USDC a winning share, half of it when split, rounded down to the micro.
Usdc payout_of(Shares shares, Outcome held, std::optional<Outcome> winner);

class WindowSettler {
public:
    // What all strategies hold of a market now, in any order.
    using HoldingsOf = std::function<std::vector<Holding>(ConditionId const&)>;

    WindowSettler(SettlerLimits limits, market::MarketBoard const& board, HoldingsOf holdings);

    // After the board has seen the event.
    void on(Event const& event);
    void watch(Market const& market);

    // A fact of an earlier run, from the archive, so that nothing is settled or paid twice.
    void restore(FactBody const& fact);

    // What is due at `now`, to be recorded in this order before the next call: WindowSettled, then
    // its PositionSettled by strategy and token. After a correction (the venue overruled a window
    // already settled) a second WindowSettled and, for what was paid, PositionSettled facts without
    // shares whose payout is the difference, of either sign. A fill that fails after it was paid: a
    // PositionSettled with as many negative shares and what was paid for them. With
    // SettlerLimits::claims every payout is followed by its PayoutClaimed. A stale market's shares,
    // booked as lost by the rule, are PositionSettled without a WindowSettled: nobody claims to
    // know who won.
    std::vector<FactBody> due(UtcTime now);

    // When due() has something to look at; it may be called earlier or more often.
    std::optional<UtcTime> next_due() const;

    std::vector<SettlementNote> take_notes();

    SettlerCounts const& counts() const { return counts_; }

    // Windows closed and not yet settled.
    std::size_t pending(UtcTime now) const;

    void set_limits(SettlerLimits limits) { limits_ = limits; }

private:
    struct Paid {
        StrategyName strategy;
        TokenId token;
        Outcome outcome = Outcome::up;
        Shares shares;
        Usdc cost;
        Usdc payout;
        Usdc claimed;
    };

    struct Watch {
        Market market;
        std::optional<MarketResolved> official;
        std::optional<WindowSettled> settled;
        std::optional<UtcTime> settled_at;
        std::vector<Paid> paid;
        bool official_counted = false;
        bool dispute_noted = false;
        UtcTime next_alarm{};
        UtcTime due{};
    };

    using Facts = std::vector<FactBody>;

    void on_resolved(MarketResolved const& event);
    void on_own_trade(TradeReport const& report);
    void schedule(Watch& watch, UtcTime at);
    // False: the watch is over and goes.
    bool advance(Watch& watch, UtcTime now, Facts& facts);
    bool decide(Watch& watch, UtcTime now, Facts& facts);
    bool wait_for_outcome(Watch& watch, WindowEstimate const& estimate, UtcTime now, Facts& facts);
    void raise_alarm(Watch& watch, WindowEstimate const& estimate, UtcTime now, Facts& facts);
    void book_lost(Watch& watch, std::vector<Holding> holdings, Facts& facts);
    bool settle(Watch& watch, WindowEstimate const& estimate, UtcTime now, Facts& facts);
    void compare_with_venue(Watch& watch, std::optional<Outcome> ours);
    void correct(Watch& watch, Facts& facts);
    void pay_differences(Watch& watch, Facts& facts);
    void pay(Watch& watch, Facts& facts);
    bool take_back(Watch& watch, Holding const& held, Facts& facts);
    void claim(Watch& watch, Facts& facts);
    WindowEstimate estimate(Watch const& watch) const;
    void note(SettlementNote::Kind kind, Watch const& watch, std::string text);

    SettlerLimits limits_;
    market::MarketBoard const& board_;
    HoldingsOf holdings_;
    SettlerCounts counts_;
    std::map<ConditionId, Watch> watches_;
    std::set<std::pair<UtcTime, ConditionId>> agenda_;
    std::map<TokenId, ConditionId> tokens_;
    // Words about markets not listed yet: results of the venue, facts of an earlier run.
    std::map<ConditionId, MarketResolved> early_results_;
    std::map<ConditionId, Watch> restored_;
    std::vector<SettlementNote> notes_;
};

} // namespace polyquant::settlement
