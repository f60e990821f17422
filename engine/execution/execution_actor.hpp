// Takes intents, asks the risk gate, books the order, posts it, and follows it until every share
// and every micro-USDC is accounted for. All timing is on the Clock; all rules of an order's life
// are in OrderMachine.
#pragma once

#include "config/execution_params.hpp"
#include "engine/core/events.hpp"
#include "engine/execution/order_machine.hpp"
#include "engine/execution/reconciler.hpp"
#include "engine/execution/risk_gate.hpp"
#include "engine/ports/order_venue.hpp"
#include "engine/runtime/circuit_breaker.hpp"
#include "engine/runtime/mailbox.hpp"
#include "engine/runtime/supervisor.hpp"

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>

namespace polyquant::execution {

enum class EndpointGroup : std::uint8_t { post, cancel, look_up };
std::string_view to_string(EndpointGroup group); // "orders.post"

class ExecutionActor {
public:
    struct Hooks {
        std::function<void(BreakerChanged)> publish; // onto the bus
        std::function<void(std::string)> alarm;      // a human should look
        // Called once the order is booked and before it is sent. A failure means that nothing is
        // sent, and closes the order.
        std::function<Result<void>(PreparedOrder const&)> persist{};
        // The present view of an order's market, for the resting order that follows an unfilled
        // FOK; empty: none follows.
        std::function<std::optional<RiskView>(PlaceOrder const&)> view_of{};
    };

    // Resting orders that followed unfilled FOK buys, kept apart from the strategy's own orders.
    struct Fallbacks {
        std::uint64_t sent = 0;
        std::uint64_t filled = 0; // with at least one fill
        std::uint64_t refused = 0;
        ReasonCounts not_filled;
    };

    struct Submitted {
        Reason reason = Reason::order_sent; // anything else: refused
        OrderId order;                      // valid with order_sent
        std::string text;
    };

    // `facts.record()` must have updated `portfolio` when it returns: the gate reads it next.
    ExecutionActor(
        asio::any_io_executor executor,
        runtime::Clock& clock,
        runtime::Supervisor& supervisor,
        OrderVenue& venue,
        FactSink& facts,
        Portfolio const& portfolio,
        RiskGate& gate,
        config::ExecutionParams const& params,
        Hooks hooks
    );

    // Books and starts the order before it returns, or refuses it. The money is reserved from then
    // on; the post itself runs as a job of the supervisor's stage `orders`.
    Submitted submit(PlaceOrder const& intent, RiskView const& view);
    // Asks for the cancel of a resting order. False when there is nothing to cancel.
    bool cancel(CancelOrder const& intent);

    // Own-order and own-trade reports; other events are ignored.
    void on(Event const& event);

    // Refuses new orders from now on, cancels whatever may rest and waits until the venue has said
    // so, at most until `deadline`. For the supervisor's stop of stage `orders`.
    Task<Result<void>> cancel_all(Instant deadline);

    // After a restart: an order that was not over, with its facts in order. What was never sent is
    // closed, everything else is followed, and looked up where in doubt.
    void resume(PreparedOrder order, Market const& market, std::span<FactBody const> history);

    // From the next call on; open breakers keep their state.
    void reload(config::ExecutionParams const& params) { params_ = params; }

    // Every order it knows, in the order of their ids: for reconciliation.
    std::vector<FollowedOrder> followed() const;

    bool follows(OrderId const& id) const { return orders_.contains(id); }

    // Asks the venue about an order that is not over, as soon as its job gets its turn.
    void look_up_now(OrderId const& id);

    BreakerState breaker(EndpointGroup group) const;

    // By strategy, what the gate and this actor refused.
    std::map<StrategyName, ReasonCounts> const& refusals() const { return refusals_; }

    std::map<StrategyName, Fallbacks> const& fallbacks() const { return fallbacks_; }

    std::size_t open_orders() const;
    std::size_t unknown_orders() const;

private:
    // An order may be posted again only this long after its decision: the limit price keeps the
    // worst case, but an older decision is mostly filled when it has become wrong.
    static constexpr Seconds repeat_age_max{10};
    static constexpr std::size_t finished_kept = 256; // for reports that come late

    struct Order {
        PreparedOrder prepared;
        OrderMachine machine;
        Window window;
        UtcTime cancel_at = UtcTime::max(); // of what may rest
        std::optional<Instant> doubt_since;
        int look_ups = 0;
        bool awaiting_answer = false;
        bool ask_now = false; // reconciliation wants a look-up
        bool alarmed = false;
        bool watched = false;  // a job follows it
        bool finished = false; // in finished_
        bool fallback = false; // follows an unfilled FOK
        runtime::CountMailbox<bool> wake;

        Order(asio::any_io_executor const& executor, PreparedOrder p, OrderMachine m, Window w)
            : prepared{std::move(p)}, machine{std::move(m)}, window{w},
              wake{executor, "execution.order", 1} {}
    };

    using OrderPtr = std::shared_ptr<Order>;

    std::optional<Refusal> refusal_of_state(PlaceOrder const& intent, RiskView const& view);
    Submitted refuse(StrategyName const& strategy, Refusal refusal);
    UtcTime cancel_time(PlaceOrder const& intent, Window const& window) const;
    void watch(OrderPtr const& order, bool post_first);
    void abandon(Order& order);
    Task<void> follow(OrderPtr order, bool post_first);
    Task<void> post(OrderPtr order);
    Task<void> look_up(OrderPtr order);
    Task<void> cancel_at_venue(OrderPtr order);
    Task<bool> resolve_doubt(OrderPtr order);
    Task<bool> wait(OrderPtr order, Instant until);
    Task<bool> pause_in(OrderPtr order, OrderState state, Nanos pause);
    bool must_cancel(Order const& order) const;
    bool may_repeat(Order const& order) const;
    void apply(Order& order, OrderMachine::Effects effects);
    void forget_oldest();
    void count_fallback(Order& order, Reason reason);
    void fall_back(PlaceOrder const& unfilled);
    void lift_halt_of_doubt();
    void alarm(std::string text);
    void alarm_if_overdue(Order& order);
    OrderPtr find(OrderId const& id) const;

    runtime::CircuitBreaker& breaker_of(EndpointGroup group) {
        return breakers_[static_cast<std::size_t>(group)];
    }

    template <class T>
    void record_call(EndpointGroup group, Result<T> const& outcome);
    void publish_breaker(EndpointGroup group);
    std::size_t in_flight() const;

    asio::any_io_executor executor_;
    runtime::Clock& clock_;
    runtime::Supervisor& supervisor_;
    OrderVenue& venue_;
    FactSink& facts_;
    Portfolio const& portfolio_;
    RiskGate& gate_;
    config::ExecutionParams params_;
    Hooks hooks_;
    std::array<runtime::CircuitBreaker, 3> breakers_;
    std::map<OrderId, OrderPtr> orders_;
    std::deque<OrderId> finished_;
    std::map<StrategyName, ReasonCounts> refusals_;
    std::map<StrategyName, Fallbacks> fallbacks_;
    runtime::CountMailbox<bool> changed_; // some order's state did; for cancel_all
    bool stopping_ = false;
};

} // namespace polyquant::execution
