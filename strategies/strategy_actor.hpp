// Runs one strategy: wakes on changes of its markets and at the edges of its zone, builds the
// input, counts every answer and hands intents on. All that must survive a reload lives here, not
// in the strategy object.
#pragma once

#include "engine/core/facts.hpp"
#include "engine/runtime/clock.hpp"
#include "strategies/strategy.hpp"

#include <array>
#include <map>
#include <memory>

namespace polyquant::strategies {

// What the actor needs of the rest of the engine. Implemented by the wiring; by a fake in tests.
class StrategyHost {
public:
    virtual ~StrategyHost() = default;

    virtual MarketView view(Asset asset, Window window) const = 0;
    virtual models::Signal const* signal(Asset asset) const = 0;
    virtual Usdc free_bankroll(StrategyName const& strategy) const = 0;

    // Reason::order_sent once the order is booked and on its way, else why the gate refused it.
    struct Submitted {
        Reason reason = Reason::order_sent;
        OrderId order; // valid with order_sent
    };

    virtual Submitted submit(PlaceOrder const& order, MarketView const& view) = 0;

    // Whether orders cost time to prepare, so that likely ones should be told ahead.
    virtual bool signs_ahead() const { return false; }

    virtual void anticipate(PlaceOrder const&) {}

    // For journal and status: every evaluation, and a window's counts once it is over.
    virtual void evaluated(Strategy const&, MarketView const&, Decision const&, Reason answer) = 0;
    virtual void window_over(WindowEvaluated counts) = 0;
};

class StrategyActor {
public:
    StrategyActor(
        runtime::Clock& clock,
        StrategyHost& host,
        std::unique_ptr<Strategy> strategy,
        std::vector<Asset> assets
    );

    // A market of this asset changed by input `seq`: evaluates it if its zone has begun.
    void wake(Asset asset, std::uint64_t seq);
    // Own orders and fills: what was bought and what is still in flight.
    void on(Fact const& fact);
    // Before run(): the facts of an earlier process, oldest first, so that what it did in a window
    // that is still open counts there.
    void restore(Fact const& fact);

    // Evaluates at each window's start and zone's start, closes windows. Cancelled, it reports what
    // the open windows have counted so far.
    Task<void> run();

    // No more input will come: windows still close, nothing is evaluated any more.
    void quiesce() { quiet_ = true; }

    // From the next evaluation on. Window states and open orders stay; other parameters begin an
    // epoch, and what was counted under the old ones is reported first.
    void replace(std::unique_ptr<Strategy> strategy);

    Strategy const& strategy() const { return *strategy_; }

    // Since the current epoch began.
    ReasonCounts const& reasons() const { return reasons_; }

    // The newest answer, and the newest one that came from looking at a market: what a trader who
    // asks "why not?" between two windows wants to know.
    Reason last_reason() const { return last_reason_; }

    struct Look {
        Asset asset;
        Reason reason;
    };

    std::optional<Look> const& last_look() const { return last_look_; }

    // One evaluation now. The answer counts.
    Reason evaluate(Asset asset, std::uint64_t seq);

private:
    // An order of the window under evaluation. It stays here after its end: the venue may report a
    // fill after it has said that the order was over.
    struct OwnOrder {
        Outcome outcome = Outcome::up;
        bool filling = true; // fills may still come
        int trades = 0;
        int voided = 0; // of them failed to settle
    };

    // What the orders told ahead depend on; told again when any of it changes, and now and then,
    // because signed orders age.
    struct Outlook {
        ConditionId market;
        Price tick;
        FeeSchedule fee;
        Usdc bankroll;
        std::uint64_t epoch = 0;
        int percent_up = 0; // of the signal
        std::int64_t asks = 0;
        std::int64_t period = 0;

        friend bool operator==(Outlook const&, Outlook const&) = default;
    };

    struct AssetDesk {
        Window window;
        WindowState state;
        ReasonCounts counts; // not reported yet
        Reason last = Reason::outside_zone;
        std::map<OrderId, OwnOrder> orders;
        std::optional<Outlook> outlook;
    };

    bool follows(Asset asset) const;
    AssetDesk& desk_for(Asset asset, Window window);
    StrategyInput input_of(
        Asset asset,
        MarketView const& view,
        MarketView const* leader,
        AssetDesk const& desk,
        std::uint64_t seq
    ) const;
    void anticipate(Asset asset);
    void anticipate(StrategyInput const& input, AssetDesk& desk);
    Reason send(Decision const& decision, MarketView const& view, AssetDesk& desk);
    void on_placed(OrderPlaced const& placed);
    template <class Change>
    void change_order(OrderId const& id, Change change);
    void report(Asset asset, AssetDesk& desk);
    void report_all();
    void close_windows(UtcTime now);

    runtime::Clock& clock_;
    StrategyHost& host_;
    std::unique_ptr<Strategy> strategy_;
    std::vector<Asset> assets_;
    std::array<AssetDesk, asset_count> desks_;
    ReasonCounts reasons_;
    Reason last_reason_ = Reason::outside_zone;
    std::optional<Look> last_look_;
    Seconds window_length_{300};
    bool quiet_ = false;
};

} // namespace polyquant::strategies
