// Where orders go: the real exchange, the sandbox server or the simulated venue.
#pragma once

#include "engine/core/orders.hpp"
#include "engine/core/time.hpp"
#include "engine/ports/approved.hpp"
#include "engine/runtime/task.hpp"

#include <optional>
#include <string>
#include <vector>

namespace polyquant {

// An order with its final id and, for a real venue, the exact bytes that will be sent. Posting the
// same PreparedOrder twice is the same order twice to the venue: it is refused as a duplicate.
struct PreparedOrder {
    OrderId id;
    PlaceOrder intent;
    std::string bytes;
};

// Why the venue would not take an order now, as far as is known without asking it.
struct VenueRefusal {
    Reason reason = Reason::trading_halted;
    std::string text;
};

// Every call ends by `deadline`. A failure whose outcome_unknown() holds says nothing about the
// order. Fills never come back here: they arrive as OwnTradeReport events.
class OrderVenue {
public:
    virtual ~OrderVenue() = default;

    // Asked before anything is booked: restarts, cancel-only phases, a restricted account.
    virtual std::optional<VenueRefusal> refusal(PlaceOrder const&, UtcTime) const {
        return std::nullopt;
    }

    // Pure apart from salt and time injected at construction: computes the id and the bytes.
    virtual Result<PreparedOrder> prepare(Approved<PlaceOrder> const& order, UtcTime now) = 0;
    virtual Task<Result<OrderAck>> post(PreparedOrder order, Instant deadline) = 0;
    // Success means the venue accepted the cancel; the final word is an OwnOrderReport.
    virtual Task<Result<OrderAck>> cancel(OrderId order, Instant deadline) = 0;
    // Status::not_found when the venue never saw it (or forgot it).
    virtual Task<Result<OrderReport>> look_up(OrderId order, Instant deadline) = 0;
};

} // namespace polyquant
