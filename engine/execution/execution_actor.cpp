#include "engine/execution/execution_actor.hpp"

#include "engine/runtime/deadline.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::execution {

namespace {

runtime::CircuitBreaker::Limits breaker_limits(config::ExecutionParams const& p) {
    runtime::CircuitBreaker::Limits limits;
    limits.faults_max = p.breaker_failures_max;
    limits.window = p.breaker_window;
    limits.pause = p.breaker_open_for;
    limits.pause_max = std::max<Nanos>(limits.pause_max, limits.pause);
    limits.probe_limit = std::max({p.post_deadline, p.cancel_deadline, p.look_up_deadline}) * 2;
    return limits;
}

bool is_resting_type(TimeInForce tif) {
    return tif == TimeInForce::gtc || tif == TimeInForce::gtd;
}

} // namespace

std::string_view to_string(EndpointGroup group) {
    switch (group) {
    case EndpointGroup::post: return "orders.post";
    case EndpointGroup::cancel: return "orders.cancel";
    case EndpointGroup::look_up: return "orders.look_up";
    }
    std::abort();
}

ExecutionActor::ExecutionActor(
    asio::any_io_executor executor,
    runtime::Clock& clock,
    runtime::Supervisor& supervisor,
    OrderVenue& venue,
    FactSink& facts,
    Portfolio const& portfolio,
    RiskGate& gate,
    config::ExecutionParams const& params,
    Hooks hooks
)
    : executor_{executor}, clock_{clock}, supervisor_{supervisor}, venue_{venue}, facts_{facts},
      portfolio_{portfolio}, gate_{gate}, params_{params}, hooks_{std::move(hooks)},
      breakers_{
          runtime::CircuitBreaker{breaker_limits(params)},
          runtime::CircuitBreaker{breaker_limits(params)},
          runtime::CircuitBreaker{breaker_limits(params)}
      },
      changed_{executor, "execution.changed", 1} {}

ExecutionActor::Submitted ExecutionActor::submit(PlaceOrder const& intent, RiskView const& view) {
    auto verdict = gate_.check(intent, view);
    if (auto* refusal = std::get_if<Refusal>(&verdict))
        return refuse(intent.strategy, std::move(*refusal));
    if (auto refusal = refusal_of_state(intent, view))
        return refuse(intent.strategy, std::move(*refusal));

    auto const& approved = std::get<Approved<PlaceOrder>>(verdict);
    auto prepared = venue_.prepare(approved, view.now);
    if (!prepared)
        return refuse(
            intent.strategy,
            {Reason::rejected_by_venue, "not prepared: " + describe(prepared.error())}
        );
    if (orders_.contains(prepared->id))
        return refuse(
            intent.strategy, {Reason::order_pending, "the same order is already on its way"}
        );
    if (!breaker_of(EndpointGroup::post).allow(clock_.now()))
        return refuse(
            intent.strategy, {Reason::breaker_open, "the venue's order endpoint keeps failing"}
        );
    auto const id = prepared->id;
    OrderMachine machine{id, approved.get(), view.market->fee};
    facts_.record(machine.placed(view.market->slug));
    auto const order = std::make_shared<Order>(
        executor_, std::move(*prepared), std::move(machine), view.market->window
    );
    order->cancel_at = cancel_time(intent, order->window);
    order->awaiting_answer = true;
    orders_.emplace(id, order);
    // After the booking: what is kept of an order that nobody booked would be an order without
    // money.
    if (hooks_.persist) {
        if (auto const kept = hooks_.persist(order->prepared); !kept) {
            order->awaiting_answer = false;
            Failure const unkept{
                Fault::storage, "execution.persist", "not sent: " + describe(kept.error())
            };
            apply(*order, order->machine.on_answer(unkept));
            return refuse(
                intent.strategy, {Reason::trading_halted, "not kept: " + describe(kept.error())}
            );
        }
    }
    apply(*order, order->machine.journaled());
    watch(order, true);
    return {Reason::order_sent, id, {}};
}

std::optional<Refusal>
ExecutionActor::refusal_of_state(PlaceOrder const& intent, RiskView const& view) {
    if (stopping_) return Refusal{Reason::trading_halted, "the engine is shutting down"};
    if (breaker_of(EndpointGroup::post).state(clock_.now()) == BreakerState::open) {
        publish_breaker(EndpointGroup::post);
        return Refusal{Reason::breaker_open, "the venue's order endpoint keeps failing"};
    }
    if (auto const waiting = in_flight();
        waiting >= static_cast<std::size_t>(params_.orders_in_flight_max))
        return Refusal{
            Reason::order_pending,
            fmt::format(
                "{} orders await an answer, limit {}", waiting, params_.orders_in_flight_max
            )
        };
    if (is_resting_type(intent.tif) && cancel_time(intent, view.market->window) <= view.now)
        return Refusal{Reason::market_closed, "too late to rest: it would be cancelled at once"};
    if (auto by_venue = venue_.refusal(intent, view.now))
        return Refusal{by_venue->reason, std::move(by_venue->text)};
    return std::nullopt;
}

ExecutionActor::Submitted ExecutionActor::refuse(StrategyName const& strategy, Refusal refusal) {
    refusals_[strategy].add(refusal.reason);
    // The kill switch holds until a human restarts the strategy, whatever settles meanwhile.
    auto const* account = portfolio_.find(strategy);
    if (refusal.reason == Reason::kill_switch && account != nullptr && !account->halted)
        facts_.record(TradingStateChanged{strategy, true, Reason::kill_switch, refusal.text});
    return {refusal.reason, {}, std::move(refusal.text)};
}

UtcTime ExecutionActor::cancel_time(PlaceOrder const& intent, Window const& window) const {
    if (!is_resting_type(intent.tif)) return UtcTime::max();
    auto const own = intent.cancel_at.value_or(intent.decided_at + params_.gtc_ttl);
    return std::min(own, window.end() - params_.cancel_margin);
}

bool ExecutionActor::cancel(CancelOrder const& intent) {
    auto const order = find(intent.order);
    if (!order || order->machine.is_over() || !is_resting_type(order->machine.intent().tif))
        return false;
    order->cancel_at = std::min(order->cancel_at, clock_.utc_now());
    order->wake.post(true);
    return true;
}

void ExecutionActor::on(Event const& event) {
    auto const* of_order = std::get_if<OwnOrderReport>(&event);
    auto const* of_trade = std::get_if<OwnTradeReport>(&event);
    if (of_order == nullptr && of_trade == nullptr) return;
    auto const& id = of_order != nullptr ? of_order->report.order : of_trade->report.order;
    auto const order = find(id);
    if (!order) {
        alarm(
            "a report names order " + short_text(id) +
            ", which we do not follow: " + describe(event)
        );
        return;
    }
    apply(
        *order,
        of_order != nullptr ? order->machine.on(of_order->report)
                            : order->machine.on(of_trade->report)
    );
    if (!order->machine.is_over() && !order->watched) watch(order, false);
}

Task<Result<void>> ExecutionActor::cancel_all(Instant deadline) {
    stopping_ = true;
    for (auto const& [id, order] : orders_) {
        order->machine.forbid_repeat();
        cancel({order->machine.intent().strategy, id});
    }
    for (;;) {
        std::string resting;
        for (auto const& [id, order] : orders_)
            if (!order->machine.is_over() && order->machine.may_rest())
                resting += (resting.empty() ? "" : ", ") + to_string(id);
        if (resting.empty()) co_return Result<void>{};
        auto const woken = co_await runtime::within<bool>(
            clock_, deadline, "execution.cancel_all", changed_.next()
        );
        if (!woken)
            co_return Failure{
                woken.error().fault, "execution.cancel_all", "may still rest: " + resting
            };
    }
}

void ExecutionActor::resume(
    PreparedOrder prepared, Market const& market, std::span<FactBody const> history
) {
    OrderMachine machine{prepared.id, prepared.intent, market.fee};
    for (auto const& fact : history)
        machine.restore(fact);
    if (prepared.bytes.empty()) machine.forbid_repeat();
    auto const id = prepared.id;
    auto const order =
        std::make_shared<Order>(executor_, std::move(prepared), std::move(machine), market.window);
    order->cancel_at = cancel_time(order->machine.intent(), order->window);
    orders_.emplace(id, order);
    switch (order->machine.state()) {
    case OrderState::created:
    case OrderState::journaled: {
        Failure const unsent{Fault::invalid, "execution.resume", "never sent before the restart"};
        apply(*order, order->machine.on_answer(unsent));
        break;
    }
    case OrderState::sent: {
        Failure const lost{
            Fault::cancelled, "execution.resume", "the answer was lost in a restart"
        };
        apply(*order, order->machine.on_answer(lost));
        break;
    }
    case OrderState::live:
    case OrderState::delayed:
    case OrderState::unknown:
    case OrderState::partially_filled:
    case OrderState::matched:
    case OrderState::confirmed:
    case OrderState::failed:
    case OrderState::cancelled:
    case OrderState::rejected: break;
    }
    if (!order->machine.is_over()) watch(order, false);
}

std::vector<FollowedOrder> ExecutionActor::followed() const {
    std::vector<FollowedOrder> orders;
    for (auto const& [id, order] : orders_) {
        auto const& machine = order->machine;
        orders.push_back(
            {id,
             machine.state(),
             machine.intent().token,
             machine.intent().side,
             machine.filled(),
             machine.posts() > 0}
        );
    }
    return orders;
}

void ExecutionActor::look_up_now(OrderId const& id) {
    auto const order = find(id);
    if (!order || order->machine.is_over()) return;
    order->ask_now = true;
    order->wake.post(true);
}

BreakerState ExecutionActor::breaker(EndpointGroup group) const {
    return breakers_[static_cast<std::size_t>(group)].state(clock_.now());
}

std::size_t ExecutionActor::open_orders() const {
    return static_cast<std::size_t>(std::ranges::count_if(orders_, [](auto const& entry) {
        return !entry.second->machine.is_over();
    }));
}

std::size_t ExecutionActor::unknown_orders() const {
    return static_cast<std::size_t>(std::ranges::count_if(orders_, [](auto const& entry) {
        return entry.second->machine.is_in_doubt();
    }));
}

std::size_t ExecutionActor::in_flight() const {
    return static_cast<std::size_t>(std::ranges::count_if(orders_, [](auto const& entry) {
        return entry.second->awaiting_answer;
    }));
}

void ExecutionActor::watch(OrderPtr const& order, bool post_first) {
    order->watched = true;
    auto const name = "order " + short_text(order->prepared.id);
    if (supervisor_.start_job(runtime::Stage::orders, name, follow(order, post_first))) return;
    order->watched = false;
    if (post_first) abandon(*order);
}

// Nothing was sent, and that is certain.
void ExecutionActor::abandon(Order& order) {
    order.awaiting_answer = false;
    Failure const stopped{Fault::invalid, "execution.post", "not sent: shutting down"};
    apply(order, order.machine.on_answer(stopped));
}

// From the first post to the final state. Reports change the machine from outside and wake us.
Task<void> ExecutionActor::follow(OrderPtr order, bool post_first) {
    struct Unwatch {
        OrderPtr const& order;

        ~Unwatch() { order->watched = false; }
    } const unwatch{order};

    if (post_first && stopping_) abandon(*order);
    if (post_first && !stopping_) co_await post(order);
    auto& machine = order->machine;
    while (!machine.is_over()) {
        auto const stop = co_await asio::this_coro::cancellation_state;
        if (stop.cancelled() != asio::cancellation_type::none) co_return;
        alarm_if_overdue(*order);
        auto running = true;
        if (must_cancel(*order)) {
            co_await cancel_at_venue(order);
            running = co_await pause_in(order, machine.state(), params_.look_up_interval);
        } else if (machine.is_in_doubt()) {
            running = co_await resolve_doubt(order);
        } else {
            auto const quiet = clock_.now() + params_.reconcile_interval;
            auto const cancel_at = machine.may_rest() ? clock_.instant_of(order->cancel_at) : quiet;
            running = co_await wait(order, std::min(quiet, cancel_at));
            auto const asked = std::exchange(order->ask_now, false);
            if (running && !machine.is_over() && (asked || clock_.now() >= quiet))
                co_await look_up(order);
        }
        if (!running) co_return;
    }
}

bool ExecutionActor::must_cancel(Order const& order) const {
    return !order.machine.is_over() && order.machine.may_rest() &&
           clock_.utc_now() >= order.cancel_at;
}

Task<void> ExecutionActor::post(OrderPtr order) {
    order->awaiting_answer = true;
    apply(*order, order->machine.sent());
    auto const deadline = clock_.now() + params_.post_deadline;
    auto const answer = co_await runtime::within<OrderAck>(
        clock_, deadline, "execution.post", venue_.post(order->prepared, deadline)
    );
    order->awaiting_answer = false;
    record_call(EndpointGroup::post, answer);
    apply(*order, order->machine.on_answer(answer));
}

Task<void> ExecutionActor::look_up(OrderPtr order) {
    if (!breaker_of(EndpointGroup::look_up).allow(clock_.now())) co_return;
    ++order->look_ups;
    auto const deadline = clock_.now() + params_.look_up_deadline;
    auto const answer = co_await runtime::within<OrderReport>(
        clock_, deadline, "execution.look_up", venue_.look_up(order->prepared.id, deadline)
    );
    record_call(EndpointGroup::look_up, answer);
    apply(*order, order->machine.on_look_up(answer));
}

// A refused cancel means that the order is delayed, filled or gone: the look-up tells which.
Task<void> ExecutionActor::cancel_at_venue(OrderPtr order) {
    order->machine.forbid_repeat();
    if (!breaker_of(EndpointGroup::cancel).allow(clock_.now())) co_return;
    auto const deadline = clock_.now() + params_.cancel_deadline;
    auto const answer = co_await runtime::within<OrderAck>(
        clock_, deadline, "execution.cancel", venue_.cancel(order->prepared.id, deadline)
    );
    record_call(EndpointGroup::cancel, answer);
    if (!order->machine.is_over()) co_await look_up(order);
}

// One pause and one look-up; the pauses double up to reconcile_interval. False: cancelled.
Task<bool> ExecutionActor::resolve_doubt(OrderPtr order) {
    auto const doublings = std::min(order->look_ups, 16); // the cap below is reached long before
    auto const pause = std::min<Nanos>(
        params_.look_up_interval * (std::int64_t{1} << doublings), params_.reconcile_interval
    );
    auto const running = co_await pause_in(order, OrderState::unknown, pause);
    auto& machine = order->machine;
    if (!running || !machine.is_in_doubt() || must_cancel(*order)) co_return running;
    if (!may_repeat(*order)) machine.forbid_repeat();
    co_await look_up(order);
    if (machine.may_post_again() && may_repeat(*order) &&
        breaker_of(EndpointGroup::post).allow(clock_.now()))
        co_await post(order);
    co_return true;
}

// Waits while the order stays in `state`, at most for `pause`, and no longer than until it becomes
// time to cancel it. False when this job is cancelled.
Task<bool> ExecutionActor::pause_in(OrderPtr order, OrderState state, Nanos pause) {
    auto const until = clock_.now() + pause;
    auto const cancelling = must_cancel(*order);
    while (order->machine.state() == state && clock_.now() < until) {
        auto const running = co_await wait(order, until);
        if (!running) co_return false;
        if (!cancelling && must_cancel(*order)) break;
    }
    co_return true;
}

// True at `until` or when something happened to the order; false when this job is cancelled.
Task<bool> ExecutionActor::wait(OrderPtr order, Instant until) {
    if (until <= clock_.now()) co_return true;
    auto const woken =
        co_await runtime::within<bool>(clock_, until, "execution.wait", order->wake.next());
    co_return woken || woken.error().fault != Fault::cancelled;
}

bool ExecutionActor::may_repeat(Order const& order) const {
    auto const now = clock_.utc_now();
    return !stopping_ && !portfolio_.halted() && now < order.window.end() &&
           now < order.cancel_at && now - order.machine.intent().decided_at <= repeat_age_max;
}

void ExecutionActor::apply(Order& order, OrderMachine::Effects effects) {
    auto last_reason = Reason::order_sent;
    for (auto& fact : effects.facts) {
        if (auto const* changed = std::get_if<OrderChanged>(&fact)) last_reason = changed->reason;
        facts_.record(std::move(fact));
    }
    if (!effects.alarm.empty()) alarm(std::move(effects.alarm));
    if (order.machine.is_in_doubt() && !order.doubt_since) order.doubt_since = clock_.now();
    if (effects.facts.empty()) return;
    if (!order.machine.is_in_doubt()) lift_halt_of_doubt();
    order.wake.post(true);
    changed_.post(true);
    if (order.machine.is_over() && !std::exchange(order.finished, true)) {
        finished_.push_back(order.prepared.id);
        if (order.fallback) count_fallback(order, last_reason);
        // A copy: submitting may forget the oldest orders, and this one's place with them.
        auto const intent = order.machine.intent();
        auto const unfilled = order.machine.state() == OrderState::cancelled &&
                              last_reason == Reason::not_filled && order.machine.posts() > 0;
        if (finished_.size() > finished_kept) forget_oldest();
        if (unfilled) fall_back(intent);
    }
}

void ExecutionActor::count_fallback(Order& order, Reason reason) {
    auto& counts = fallbacks_[order.machine.intent().strategy];
    if (!order.machine.filled().is_zero())
        ++counts.filled;
    else
        counts.not_filled.add(reason);
}

// The same wish at the same price, as an order that waits a moment for somebody to come. It passes
// the gate again with a fresh view, so that every limit and every age holds for it as well.
void ExecutionActor::fall_back(PlaceOrder const& unfilled) {
    if (!params_.fok_fallback || stopping_ || !hooks_.view_of) return;
    if (unfilled.tif != TimeInForce::fok || unfilled.side != Side::buy) return;
    auto const view = hooks_.view_of(unfilled);
    if (!view || view->market == nullptr) return;
    auto resting = unfilled;
    resting.tif = TimeInForce::gtc;
    resting.decided_at = view->now;
    resting.cancel_at = view->now + params_.fok_fallback_ttl;
    auto& counts = fallbacks_[unfilled.strategy];
    auto const submitted = submit(resting, *view);
    if (submitted.reason != Reason::order_sent) {
        ++counts.refused;
        return;
    }
    ++counts.sent;
    if (auto const order = find(submitted.order)) order->fallback = true;
}

void ExecutionActor::forget_oldest() {
    auto const oldest = orders_.find(finished_.front());
    finished_.pop_front();
    if (oldest == orders_.end()) return;
    oldest->second->finished = false;
    if (oldest->second->machine.is_over()) orders_.erase(oldest);
}

// The venue was away for long and has answered for every order: no human need look at that.
void ExecutionActor::lift_halt_of_doubt() {
    if (!portfolio_.halted() || portfolio_.halt_reason() != Reason::timed_out) return;
    if (unknown_orders() > 0) return;
    facts_.record(
        TradingStateChanged{{}, false, Reason::timed_out, "every order is accounted for again"}
    );
}

void ExecutionActor::alarm(std::string text) {
    if (hooks_.alarm) hooks_.alarm(std::move(text));
}

void ExecutionActor::alarm_if_overdue(Order& order) {
    if (order.alarmed) return;
    auto const& machine = order.machine;
    if (machine.is_in_doubt()) {
        if (clock_.now() - order.doubt_since.value_or(clock_.now()) < params_.unknown_give_up)
            return;
        order.alarmed = true;
        auto text = fmt::format(
            "order {} is still unknown after {} s and {} look-ups",
            to_string(machine.id()),
            params_.unknown_give_up.count(),
            order.look_ups
        );
        if (!portfolio_.halted())
            facts_.record(TradingStateChanged{{}, true, Reason::timed_out, text});
        alarm(std::move(text));
        return;
    }
    auto const due = std::max(order.window.end(), machine.intent().decided_at);
    if (clock_.utc_now() - due < params_.unknown_give_up) return;
    order.alarmed = true;
    alarm(fmt::format(
        "order {} is still {} {} s after its window closed",
        to_string(machine.id()),
        to_string(machine.state()),
        params_.unknown_give_up.count()
    ));
}

ExecutionActor::OrderPtr ExecutionActor::find(OrderId const& id) const {
    auto const at = orders_.find(id);
    return at == orders_.end() ? nullptr : at->second;
}

template <class T>
void ExecutionActor::record_call(EndpointGroup group, Result<T> const& outcome) {
    auto const fault = outcome ? std::nullopt : std::optional{outcome.error().fault};
    breaker_of(group).record(fault, clock_.now());
    publish_breaker(group);
}

void ExecutionActor::publish_breaker(EndpointGroup group) {
    auto const change = breaker_of(group).take_change(clock_.now());
    if (!change || !hooks_.publish) return;
    auto const now = clock_.utc_now();
    hooks_.publish({{now, now, 0}, std::string{to_string(group)}, *change});
}

} // namespace polyquant::execution
