// The real exchange as the engine's order venue.
#pragma once

#include "connectors/polymarket/clob/clob_session.hpp"
#include "connectors/polymarket/clob/order_memory.hpp"
#include "connectors/polymarket/clob/own_fills.hpp"
#include "connectors/polymarket/clob/presigned_orders.hpp"
#include "connectors/polymarket/parse/order_answer.hpp"
#include "engine/ports/live_feed.hpp"
#include "engine/ports/order_venue.hpp"
#include "engine/runtime/mailbox.hpp"

#include <functional>
#include <span>
#include <vector>

namespace polyquant::polymarket {

// How answers become the engine's words:
//   live, matched, delayed        OrderAck; fills come as OwnTradeReport by the user channel
//   unmatched, FOK/FAK not filled OrderAck unmatched
//   any other refusal             OrderAck rejected with its Reason: certain, never sent again
//   Duplicated                    Failure (transport): the order is there, a look-up says how it is
//   timeout, 5xx, 425, 429, unreadable, an id that is not ours
//                                 Failure with an unknown outcome: looked up by id
//   nothing was written           Failure breaker_open: certainly not sent
class ClobVenue final : public OrderVenue {
public:
    struct Options {
        // Of what fills cost. Undocumented; one decoded fill agrees with truncation.
        Rounding fee_rounding = Rounding::down;
        std::function<std::uint64_t()> salt{}; // at most 2^53 - 1
        // Sign anticipated orders in idle time.
        bool presign = true;
        PresignedOrders::Limits presigned{};
    };

    // The session outlives the venue. `sink` receives fills that look-ups find.
    ClobVenue(ClobSession& session, MarketOf market_of, EventSink sink, Options options);

    std::optional<VenueRefusal> refusal(PlaceOrder const& order, UtcTime now) const override;
    void anticipate(PlaceOrder const& order) override;
    // Signs what was anticipated, one order at a time, leaving the loop to others in between.
    Task<void> presign();
    // Signs one anticipated order now. False: none is waiting.
    bool sign_ahead();
    Result<PreparedOrder> prepare(Approved<PlaceOrder> const& order, UtcTime now) override;
    Task<Result<OrderAck>> post(PreparedOrder order, Instant deadline) override;
    Task<Result<OrderAck>> cancel(OrderId order, Instant deadline) override;
    // Reads the order and, when it is not active any more, its trades, which go to the sink first.
    Task<Result<OrderReport>> look_up(OrderId order, Instant deadline) override;

    // 1 to batch_size_max orders in one request: one answer for each, in their order.
    Task<Result<std::vector<Result<OrderAck>>>>
    post_batch(std::vector<PreparedOrder> orders, Instant deadline);
    // All orders of the account, ours or not: the emergency brake.
    Task<Result<void>> cancel_everything(Instant deadline);

    // An order made before a restart, so that its look-up can be concluded: its trades are asked
    // for from its decision on.
    void remember(PreparedOrder const& order) {
        memory_.remember(order.id, order.intent, order.intent.decided_at);
    }

    // An extra veto at preparation: a failing heartbeat, an unreconciled account.
    using Veto = std::function<std::optional<VenueRefusal>(PlaceOrder const&)>;

    void set_veto(Veto veto) { veto_ = std::move(veto); }

    // Called when an order was refused for its tick; somebody must read it again.
    void on_bad_tick(std::function<void(TokenId const&)> told) { on_bad_tick_ = std::move(told); }

    // Called when an order was refused for want of balance or allowance.
    void on_no_money(std::function<void()> told) { on_no_money_ = std::move(told); }

    // Awaited before a resting order leaves; its failure means that nothing is sent.
    using Precondition = std::function<Task<Result<void>>(Instant deadline)>;

    void before_resting(Precondition precondition) { before_resting_ = std::move(precondition); }

    OrderMemory& memory() { return memory_; }

    PresignedOrders const& presigned() const { return presigned_; }

private:
    Result<OrderAck> acknowledge(
        PreparedOrder const& order, OrderAnswer const& answer, std::optional<Nanos> retry_after
    );
    void note_refusal(
        PlaceOrder const& order,
        RejectReason reason,
        std::string_view text,
        std::optional<Nanos> retry_after
    );
    Task<Result<void>> read_trades(OrderId const& order, Instant deadline);
    UtcTime window_end_of(PlaceOrder const& order) const;

    ClobSession& session_;
    MarketOf market_of_;
    EventSink sink_;
    Options options_;
    OrderMemory memory_{};
    PresignedOrders presigned_;
    runtime::CountMailbox<bool> wishes_;
    Veto veto_{};
    Precondition before_resting_{};
    std::function<void(TokenId const&)> on_bad_tick_{};
    std::function<void()> on_no_money_{};
};

} // namespace polyquant::polymarket
