// Runs the expiry strategy: takes in scans, keeps the candidate lists, looks at a candidate when
// its book changes and at all of them once a cycle, watches over what it holds. All that must
// survive a reload lives here.
#pragma once

#include "engine/core/events.hpp"
#include "engine/core/facts.hpp"
#include "engine/runtime/clock.hpp"
#include "strategies/expiry/entry.hpp"
#include "strategies/strategy.hpp"

#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

namespace polyquant::strategies::expiry {

class ExpiryStrategy final : public ConfiguredStrategy {
public:
    ExpiryStrategy(config::StrategyConfig config, ExpiryParams params)
        : ConfiguredStrategy{std::move(config)}, params_{std::move(params)} {}

    ExpiryParams const& params() const { return params_; }

private:
    ExpiryParams params_;
};

// What the strategy owns of a token, on order included.
struct Held {
    Shares exposure;
    Shares sellable;
    Usdc cost;
    std::size_t open_orders = 0;
};

// What the actor needs of the rest of the engine. Implemented by the wiring; by a fake in tests.
class ExpiryHost {
public:
    virtual ~ExpiryHost() = default;

    // The market with its books; empty while it is not watched.
    virtual std::optional<MarketView> view(ConditionId const& market) const = 0;
    virtual std::optional<PricePoint> spot(Asset asset) const = 0;
    virtual Usdc free_bankroll(StrategyName const& strategy) const = 0;
    virtual Held held(StrategyName const& strategy, TokenId const& token) const = 0;
    // Another strategy holds shares of the market, of either outcome, or has an order there.
    virtual bool held_elsewhere(StrategyName const& asking, ConditionId const& market) const = 0;

    // Lists the market on the board and follows its books, until unwatch().
    virtual void watch(Market const& market) = 0;
    virtual void unwatch(ConditionId const& market) = 0;

    struct Submitted {
        Reason reason = Reason::order_sent;
        OrderId order;
    };

    // `uses_spot`: the order relies on the coin's price, so the gate checks its age.
    virtual Submitted submit(PlaceOrder const& order, MarketView const& view, bool uses_spot) = 0;

    // Every evaluation that led to an order or to the gate's refusal.
    virtual void decided(
        StrategyName const& strategy,
        Candidate const& candidate,
        EntryDecision const& decision,
        Reason answer
    ) = 0;
    virtual void stop_decided(
        StrategyName const& strategy,
        Market const& market,
        StopDecision const& decision,
        Reason answer
    ) = 0;
    // An hour's counts, scans and evaluations together.
    virtual void window_over(WindowEvaluated counts) = 0;
};

class ExpiryActor {
public:
    ExpiryActor(runtime::Clock& clock, ExpiryHost& host, std::unique_ptr<ExpiryStrategy> strategy);

    // A row of a scan. Refusals are counted, candidates join a list and are watched.
    Reason on(MarketScanned const& scanned);
    // The book of this token changed by input `seq`.
    void wake(TokenId const& token, std::uint64_t seq);
    void on(Fact const& fact);

    // Cycles, looks after stops, closes the hours.
    Task<void> run();

    void quiesce() { quiet_ = true; }

    // Other parameters, from now on. What is held or on order stays, with all that is remembered;
    // the candidate lists are built anew by the next scan, so that nothing newly blocked is bought.
    void replace(std::unique_ptr<ExpiryStrategy> strategy);

    ExpiryStrategy const& strategy() const { return *strategy_; }

    CandidateTable const& candidates() const { return table_; }

    bool watches(ConditionId const& market) const { return watched_.contains(market); }

    TokenMemory const& memory() const { return memory_; }

    ReasonCounts const& reasons() const { return reasons_; }

    Reason last_reason() const { return last_reason_; }

    int trades_today(UtcTime now) const;

    // One look at every candidate, in the order of the lists; run() calls it once a cycle.
    void cycle();
    void check_stops();

    // A candidate is looked at no oftener than this, however fast its book changes; what happens in
    // between is seen by the next change or by the cycle.
    static constexpr Millis look_gap{500};

private:
    // A token that was ordered and is not done with.
    struct Desk {
        ConditionId market;
        Outcome outcome = Outcome::up;
        std::string event; // of neg-risk markets only
        bool filled = false;
    };

    Reason evaluate(Candidate const& candidate, std::uint64_t seq);
    Reason send(EntryDecision& decision, Candidate const& candidate, MarketView const& view);
    bool event_held(Candidate const& candidate) const;
    void refresh(TokenId const& token, UtcTime now);
    void leave(ConditionId const& market);
    void count(Reason reason);
    void close_hour(UtcTime now);
    void report();
    void on_changed(OrderChanged const& changed, UtcTime at);

    runtime::Clock& clock_;
    ExpiryHost& host_;
    std::unique_ptr<ExpiryStrategy> strategy_;
    ListingGate gate_;
    CandidateTable table_;
    TokenMemory memory_;
    std::map<TokenId, Desk> desks_;
    std::map<OrderId, TokenId> orders_;                       // of the desks
    std::unordered_map<TokenId, ConditionId> watched_tokens_; // never iterated
    std::map<ConditionId, Market> watched_;
    std::map<ConditionId, UtcTime> looked_at_;
    std::int64_t day_ = 0;
    std::set<OrderId> buys_today_; // filled or under way
    std::optional<UtcTime> balance_halted_until_;
    UtcTime next_cycle_{};
    UtcTime next_stop_{};
    Window hour_{UtcTime{}, Seconds{3'600}};
    ReasonCounts hour_counts_;
    ReasonCounts reasons_;
    Reason last_reason_ = Reason::outside_zone;
    bool quiet_ = false;
};

} // namespace polyquant::strategies::expiry
