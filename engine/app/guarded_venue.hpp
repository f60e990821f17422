// The venue as execution sees it: nothing is sent that the journal does not hold.
#pragma once

#include "engine/ports/order_venue.hpp"

#include <functional>

namespace polyquant::app {

// An order is booked before it is posted, and booking cannot fail. So this is the place that asks
// whether the booking reached the journal: a post without a record would be an order that nobody
// knows of after a restart. Cancels and look-ups always pass, because they make nothing worse.
class GuardedVenue final : public OrderVenue {
public:
    // Why nothing may be sent, or nothing.
    using MaySend = std::function<Result<void>()>;

    GuardedVenue(OrderVenue& venue, MaySend may_send)
        : venue_{venue}, may_send_{std::move(may_send)} {}

    std::optional<VenueRefusal> refusal(PlaceOrder const& order, UtcTime now) const override {
        return venue_.refusal(order, now);
    }

    Result<PreparedOrder> prepare(Approved<PlaceOrder> const& order, UtcTime now) override {
        return venue_.prepare(order, now);
    }

    Task<Result<OrderAck>> post(PreparedOrder order, Instant deadline) override;

    Task<Result<OrderAck>> cancel(OrderId order, Instant deadline) override {
        return venue_.cancel(order, deadline);
    }

    Task<Result<OrderReport>> look_up(OrderId order, Instant deadline) override {
        return venue_.look_up(order, deadline);
    }

private:
    OrderVenue& venue_;
    MaySend may_send_;
};

} // namespace polyquant::app
