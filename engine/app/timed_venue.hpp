// Measures how long the venue takes to answer orders and cancels; changes nothing.
#pragma once

#include "engine/ports/order_venue.hpp"
#include "engine/runtime/clock.hpp"

#include <functional>
#include <string>

namespace polyquant::app {

class TimedVenue final : public OrderVenue {
public:
    // Called with "order post" or "order cancel", behind the prefix, and the time from the call to
    // the venue's answer. Calls that were refused or never answered are left out.
    using Sink = std::function<void(std::string const& path, Nanos took)>;

    TimedVenue(OrderVenue& venue, runtime::Clock& clock, std::string prefix, Sink sink)
        : venue_{venue}, clock_{clock}, prefix_{std::move(prefix)}, sink_{std::move(sink)} {}

    std::optional<VenueRefusal> refusal(PlaceOrder const& order, UtcTime now) const override {
        return venue_.refusal(order, now);
    }

    void anticipate(PlaceOrder const& order) override { venue_.anticipate(order); }

    Result<PreparedOrder> prepare(Approved<PlaceOrder> const& order, UtcTime now) override {
        return venue_.prepare(order, now);
    }

    Task<Result<OrderAck>> post(PreparedOrder order, Instant deadline) override;
    Task<Result<OrderAck>> cancel(OrderId order, Instant deadline) override;

    Task<Result<OrderReport>> look_up(OrderId order, Instant deadline) override {
        return venue_.look_up(order, deadline);
    }

private:
    void tell(char const* what, Result<OrderAck> const& answer, Instant began) const;

    OrderVenue& venue_;
    runtime::Clock& clock_;
    std::string prefix_;
    Sink sink_;
};

} // namespace polyquant::app
