#include "connectors/simulated/simulated_venue.hpp"

#include "engine/runtime/deadline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace polyquant::simulated {

namespace {

// Books and orders of a market are of no use this long after its window.
constexpr auto markets_kept_for = std::chrono::hours{1};

MatchingRules rules_from(config::SimulatedParams const& p) {
    MatchingRules rules;
    auto& a = rules.assumptions;
    a.fee_rounding = p.fee_rounding == config::FeeRounding::up ? Rounding::up : Rounding::down;
    a.displayed_ppm = static_cast<std::int64_t>(p.displayed_fraction * 1e6 + 0.5);
    a.slippage = p.slippage;
    a.queue = p.queue_position == config::QueuePosition::ahead_of_all ? QueueModel::ahead_of_all
                                                                      : QueueModel::cancels_behind;
    return rules;
}

// Cancels take the order's tail in proportion.
Millis scaled_p99(config::SimulatedParams const& p) {
    if (p.order_latency.count() == 0) return p.cancel_latency;
    return p.order_latency_p99 * p.cancel_latency.count() / p.order_latency.count();
}

std::string print(PlaceOrder const& o, std::uint64_t number, UtcTime now) {
    return fmt::format(
        "{} {} {} {} {} {} {} {} {} {}",
        number,
        unix_nanos(now),
        o.strategy.text,
        to_string(o.token),
        to_string(o.side),
        to_string(o.limit),
        to_string(o.size),
        to_string(o.tif),
        o.post_only,
        o.cancel_at ? unix_nanos(*o.cancel_at) : 0
    );
}

OrderId id_of(std::string_view text, std::uint64_t seed) {
    OrderId id;
    for (std::uint64_t lane = 0; lane < 4; ++lane) {
        std::uint64_t state = seed ^ (lane * 0xd1342543de82ef95ULL);
        auto hash = splitmix64(state);
        for (char const c : text) {
            state ^= static_cast<unsigned char>(c);
            hash ^= splitmix64(state);
        }
        for (std::size_t b = 0; b < 8; ++b)
            id.bytes[lane * 8 + b] = static_cast<std::uint8_t>(hash >> (56 - 8 * b));
    }
    return id;
}

NewOrder order_from(PreparedOrder const& prepared) {
    auto const& intent = prepared.intent;
    NewOrder order;
    order.id = prepared.id;
    order.token = intent.token;
    order.side = intent.side;
    order.limit = intent.limit;
    order.size = intent.size;
    order.tif = intent.tif;
    order.post_only = intent.post_only;
    if (intent.tif == TimeInForce::gtd) order.expires_at = intent.cancel_at;
    return order;
}

Failure server_error() {
    return {Fault::transport, "simulated.post_order", "could not run the execution", 500};
}

// What was measured are orders; cancels take as much longer or shorter as the medians say.
double cancel_scale(config::SimulatedParams const& p) {
    if (p.order_latency.count() == 0) return 1;
    return static_cast<double>(p.cancel_latency.count()) /
           static_cast<double>(p.order_latency.count());
}

} // namespace

SimulatedVenue::SimulatedVenue(
    runtime::Clock& clock,
    asio::any_io_executor executor,
    config::SimulatedParams const& params,
    std::uint64_t seed,
    Sink sink
)
    : clock_{clock}, executor_{executor}, params_{params}, sink_{std::move(sink)}, random_{seed},
      seed_{seed},
      order_latency_{
          params.latency_model, params.order_latency, params.order_latency_p99, params.quantiles()
      },
      cancel_latency_{
          params.latency_model,
          params.cancel_latency,
          scaled_p99(params),
          params.quantiles(),
          cancel_scale(params)
      },
      core_{rules_from(params)}, wake_{executor, "simulated.wake", 1} {}

void SimulatedVenue::on(Event const& event) {
    // What was due before this event happens before it, whichever of the two the loop ran first.
    run_due();
    Notices notices;
    if (auto const* change = std::get_if<BookChange>(&event)) {
        core_.on(*change, notices);
    } else if (auto const* snapshot = std::get_if<BookSnapshot>(&event)) {
        core_.on(*snapshot, notices);
    } else if (auto const* trade = std::get_if<PublicTrade>(&event)) {
        core_.on(*trade, notices);
    } else if (auto const* tick = std::get_if<TickSizeChanged>(&event)) {
        core_.on(*tick);
    } else if (auto const* listed = std::get_if<MarketListed>(&event)) {
        core_.list(listed->market);
        listed_.emplace_back(listed->market.window.end(), listed->market.condition);
        forget_old_markets();
    } else if (auto const* resolved = std::get_if<MarketResolved>(&event)) {
        core_.resolve(resolved->market, notices);
    }
    if (!notices.empty()) deliver(std::move(notices));
}

void SimulatedVenue::forget_old_markets() {
    auto const limit = clock_.utc_now() - markets_kept_for;
    while (!listed_.empty() && listed_.front().first < limit) {
        Notices unread; // nobody trades there any more
        core_.resolve(listed_.front().second, unread);
        core_.forget(listed_.front().second);
        listed_.pop_front();
    }
}

Task<void> SimulatedVenue::run() {
    for (;;) {
        run_due();
        auto const idle = due_.empty();
        auto const until = idle ? Instant::max() : due_.begin()->first.at;
        auto woken = co_await runtime::within<bool>(clock_, until, "simulated.wait", wake_.next());
        if (!woken && woken.error().fault == Fault::cancelled) co_return;
    }
}

void SimulatedVenue::at(Instant when, std::function<void()> action) {
    auto const earliest = due_.empty() || when < due_.begin()->first.at;
    due_.emplace(Due{when, due_seq_++}, std::move(action));
    if (earliest && !running_due_) wake_.post(true);
}

void SimulatedVenue::run_due() {
    if (running_due_) return; // a report made somebody feed us an event
    running_due_ = true;
    while (!due_.empty() && due_.begin()->first.at <= clock_.now()) {
        auto const action = std::move(due_.begin()->second);
        due_.erase(due_.begin());
        action();
    }
    running_due_ = false;
}

Result<PreparedOrder> SimulatedVenue::prepare(Approved<PlaceOrder> const& order, UtcTime now) {
    auto const& intent = order.get();
    PreparedOrder prepared;
    prepared.intent = intent;
    prepared.bytes = print(intent, ++prepared_, now);
    prepared.id = id_of(prepared.bytes, seed_);
    return prepared;
}

template <class T>
SimulatedVenue::Answer<T> SimulatedVenue::make_answer() const {
    return std::make_shared<runtime::CountMailbox<Reply<T>>>(executor_, "simulated.answer", 1);
}

template <class T>
Task<Result<T>> SimulatedVenue::await(Answer<T> answer, Instant deadline, char const* where) {
    auto got = co_await runtime::within<Reply<T>>(clock_, deadline, where, answer->next());
    if (!got) co_return got.error();
    co_return std::move(got->value);
}

template <class T>
void SimulatedVenue::reply(Answer<T> const& to, Result<T> with) {
    at(clock_.now() + params_.answer_latency,
       [to, with = std::move(with)] { to->post(Reply<T>{with}); });
}

Task<Result<OrderAck>> SimulatedVenue::post(PreparedOrder order, Instant deadline) {
    ++posts_;
    auto answer = make_answer<OrderAck>();
    auto const fault = draw_fault();
    auto const arrives = arrival(order_latency_);
    if (fault != PostFault::lost_request)
        at(arrives,
           [this, order = std::move(order), fault, answer] { arrive(order, fault, answer); });
    co_return co_await await<OrderAck>(std::move(answer), deadline, "simulated.post_order");
}

void SimulatedVenue::arrive(
    PreparedOrder const& prepared, PostFault fault, Answer<OrderAck> const& answer
) {
    auto const now = clock_.utc_now();
    auto const fail = [&](Failure failure) {
        reply<OrderAck>(answer, std::move(failure));
    };
    if (fault == PostFault::server_error) return fail(server_error());
    if (fault == PostFault::rejected)
        return fail({Fault::rejected, "simulated.post_order", "refused by the fault script"});

    Notices notices;
    auto const order = order_from(prepared);
    auto const admitted = core_.admit(order, now);
    if (!admitted) {
        deliver(std::move(notices));
        return fail(admitted.error());
    }
    if (fault == PostFault::trade_fails) trades_fail_.insert(order.id);
    if (order.expires_at) {
        auto const removed = *order.expires_at - MatchingRules{}.gtd_removed_early;
        at(clock_.instant_of(removed), [this] {
            Notices expired;
            core_.expire(clock_.utc_now(), expired);
            deliver(std::move(expired));
        });
    }

    auto const* market = core_.market_of(order.token);
    auto const delay = params_.taker_delay_override ? params_.taker_delay : market->taker_delay;
    OrderAck ack;
    ack.order = order.id;
    if (admitted->marketable && delay.count() > 0) {
        ack.status = OrderReport::Status::delayed;
        notices.push_back(OrderNotice{order.account, core_.look_up(order.id)});
        at(clock_.now() + delay, [this, id = order.id] {
            Notices matched;
            core_.execute(id, clock_.utc_now(), matched);
            deliver(std::move(matched));
        });
    } else {
        core_.execute(order.id, now, notices);
        auto const known = core_.look_up(order.id);
        ack.status = known.status;
        ack.text = known.text;
    }
    deliver(std::move(notices));
    switch (fault) {
    case PostFault::lost_answer: return;
    case PostFault::server_error_worked: return fail(server_error());
    case PostFault::none:
    case PostFault::trade_fails:
    case PostFault::lost_request:
    case PostFault::server_error:
    case PostFault::rejected: reply<OrderAck>(answer, ack); return;
    }
}

Task<Result<OrderAck>> SimulatedVenue::cancel(OrderId order, Instant deadline) {
    auto answer = make_answer<OrderAck>();
    auto const lost = random_.chance(params_.lost_answer);
    at(arrival(cancel_latency_), [this, order, lost, answer] {
        Notices notices;
        auto const done = core_.cancel(order, 0, notices);
        deliver(std::move(notices));
        if (lost) return;
        OrderAck ack;
        ack.order = order;
        ack.status = OrderReport::Status::cancelled;
        if (done)
            reply<OrderAck>(answer, ack);
        else
            reply<OrderAck>(answer, done.error());
    });
    co_return co_await await<OrderAck>(std::move(answer), deadline, "simulated.cancel");
}

Task<Result<OrderReport>> SimulatedVenue::look_up(OrderId order, Instant deadline) {
    auto answer = make_answer<OrderReport>();
    auto const lost = random_.chance(params_.lost_answer);
    at(arrival(cancel_latency_), [this, order, lost, answer] {
        if (!lost) reply<OrderReport>(answer, core_.look_up(order));
    });
    co_return co_await await<OrderReport>(std::move(answer), deadline, "simulated.look_up");
}

void SimulatedVenue::script(std::initializer_list<PostFault> faults) {
    scripted_.insert(scripted_.end(), faults.begin(), faults.end());
}

PostFault SimulatedVenue::draw_fault() {
    // Four draws for every post, so that one probability does not shift what the others hit.
    auto const lost_request = random_.chance(params_.lost_request);
    auto const lost_answer = random_.chance(params_.lost_answer);
    auto const server_error = random_.chance(params_.server_error);
    auto const worked = random_.chance(0.5);
    if (!scripted_.empty()) {
        auto const fault = scripted_.front();
        scripted_.pop_front();
        return fault;
    }
    if (lost_request) return PostFault::lost_request;
    if (lost_answer) return PostFault::lost_answer;
    if (server_error) return worked ? PostFault::server_error_worked : PostFault::server_error;
    return PostFault::none;
}

Instant SimulatedVenue::arrival(LatencyModel const& latency) {
    return clock_.now() + latency.sample(random_);
}

void SimulatedVenue::deliver(Notices notices) {
    if (notices.empty()) return;
    auto const made_at = clock_.utc_now();
    for (auto const& notice : notices)
        if (auto const* t = std::get_if<TradeNotice>(&notice)) settle(t->trade);
    at(clock_.now() + params_.answer_latency, [this, made_at, notices = std::move(notices)] {
        Stamp const stamp{made_at, clock_.utc_now(), 0};
        for (auto const& notice : notices) {
            if (auto const* order = std::get_if<OrderNotice>(&notice))
                sink_(OwnOrderReport{stamp, order->report});
            else
                sink_(OwnTradeReport{stamp, std::get<TradeNotice>(notice).trade});
        }
    });
}

void SimulatedVenue::settle(TradeReport const& trade) {
    auto const fails = random_.chance(params_.trade_failure) || trades_fail_.contains(trade.order);
    auto final_report = trade;
    final_report.state = fails ? TradeState::failed : TradeState::confirmed;
    at(clock_.now() + params_.confirm_delay + params_.answer_latency, [this, final_report] {
        auto const now = clock_.utc_now();
        sink_(OwnTradeReport{{now, now, 0}, final_report});
    });
}

} // namespace polyquant::simulated
