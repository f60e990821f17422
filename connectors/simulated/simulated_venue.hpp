// The exchange inside the process: latency, taker delay, matching against the book as it is when
// the order arrives, settlement, and seeded faults. Paper, replay and backtest trade here.
#pragma once

#include "config/simulated_params.hpp"
#include "connectors/simulated/latency_model.hpp"
#include "connectors/simulated/matching_core.hpp"
#include "connectors/simulated/random.hpp"
#include "engine/ports/order_venue.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/mailbox.hpp"

#include <concepts>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>

namespace polyquant::simulated {

// What goes wrong with one posted order.
enum class PostFault : std::uint8_t {
    none,
    lost_request,        // never arrives; no answer comes
    lost_answer,         // worked, but no answer comes
    server_error,        // 5xx, the order was not worked
    server_error_worked, // 5xx, and the order was worked all the same
    rejected,            // refused by the venue for no reason of ours
    trade_fails,         // matched, and every trade of it fails to settle
};

// Time line of an order: post, latency, checks, taker delay if it crosses, matching; the answer and
// every report arrive answer_latency after the venue made them; trades are CONFIRMED (or FAILED)
// confirm_delay after MATCHED. A FOK or FAK that matches nothing is acknowledged as unmatched; a
// refused order is Fault::rejected with the venue's words.
class SimulatedVenue final : public OrderVenue {
public:
    // Receives OwnOrderReport and OwnTradeReport; called from run() and from on().
    using Sink = std::function<void(Event)>;

    SimulatedVenue(
        runtime::Clock& clock,
        asio::any_io_executor executor,
        config::SimulatedParams const& params,
        std::uint64_t seed,
        Sink sink
    );

    // Every input event, before or after the strategies see it: it concerns the venue only.
    void on(Event const& event);
    // The venue's own time: runs until cancelled.
    Task<void> run();

    // The id is four splitmix64 lanes over the seed, the running number and the printed order:
    // unique within a run, and the same again in the same run.
    Result<PreparedOrder> prepare(Approved<PlaceOrder> const& order, UtcTime now) override;
    Task<Result<OrderAck>> post(PreparedOrder order, Instant deadline) override;
    Task<Result<OrderAck>> cancel(OrderId order, Instant deadline) override;
    Task<Result<OrderReport>> look_up(OrderId order, Instant deadline) override;

    // The next posts get these faults, one each, before the random ones apply again.
    void script(std::initializer_list<PostFault> faults);

    std::uint64_t posts() const { return posts_; } // requests that were sent to us

private:
    template <class T>
    struct Reply {
        Result<T> value;

        // From nothing that converts: a Result<Reply> made of a Failure must stay unambiguous.
        explicit Reply(std::same_as<Result<T>> auto v) : value{std::move(v)} {}
    };

    template <class T>
    using Answer = std::shared_ptr<runtime::CountMailbox<Reply<T>>>;

    struct Due {
        Instant at;
        std::uint64_t seq;

        friend auto operator<=>(Due const&, Due const&) = default;
    };

    void at(Instant when, std::function<void()> action);
    void run_due();
    void deliver(Notices notices);
    void arrive(PreparedOrder const& order, PostFault fault, Answer<OrderAck> const& answer);
    void settle(TradeReport const& trade);
    PostFault draw_fault();
    Instant arrival(LatencyModel const& latency);
    template <class T>
    Answer<T> make_answer() const;
    template <class T>
    Task<Result<T>> await(Answer<T> answer, Instant deadline, char const* where);
    template <class T>
    void reply(Answer<T> const& to, Result<T> with);
    void forget_old_markets();

    runtime::Clock& clock_;
    asio::any_io_executor executor_;
    config::SimulatedParams params_;
    Sink sink_;
    Random random_;
    std::uint64_t seed_;
    LatencyModel order_latency_;
    LatencyModel cancel_latency_;
    MatchingCore core_;
    std::map<Due, std::function<void()>> due_;
    std::uint64_t due_seq_ = 0;
    runtime::CountMailbox<bool> wake_;
    std::deque<PostFault> scripted_;
    std::set<OrderId> trades_fail_; // orders whose trades are doomed
    std::deque<std::pair<UtcTime, ConditionId>> listed_;
    std::uint64_t prepared_ = 0;
    std::uint64_t posts_ = 0;
    bool running_due_ = false;
};

} // namespace polyquant::simulated
