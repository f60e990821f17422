// What the venue has told us of our orders, kept so that silence about an order can be read: it
// stops listing an order once it is over, and forgets to say how it ended.
#pragma once

#include "connectors/polymarket/parse/own_orders.hpp"
#include "engine/ports/order_venue.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>

namespace polyquant::polymarket {

// Pure and bounded: the oldest orders are forgotten.
class OrderMemory {
public:
    struct Entry {
        PlaceOrder intent;
        UtcTime posted_at{};
        bool accepted = false;                          // by any channel
        std::optional<OrderReport::Status> last_status; // the latest word on it
        std::set<TradeId> announced;                    // trades named with the answer
        std::set<TradeId> seen;                         // trades that came
        Shares filled;                                  // by them
        int absent = 0;                                 // look-ups in a row that found it nowhere
    };

    explicit OrderMemory(std::size_t orders_max = 4096) : orders_max_{orders_max} {}

    void remember(OrderId const& id, PlaceOrder const& intent, UtcTime now);
    void
    on_answer(OrderId const& id, OrderReport::Status status, std::vector<TradeId> const& trades);
    void on(OrderReport const& report);
    void on(TradeReport const& trade);
    // Null for an order never seen here (made before a restart).
    Entry const* find(OrderId const& id) const;

    // What a look-up says when the venue does not list the order as active, its trades having been
    // read before. Status::live: more is to come; not_found: the venue never had it.
    OrderReport conclude(OrderId const& id, UtcTime now);

    // Some order may hold money in the book, as far as we were told.
    bool may_rest() const;

    // Once the venue listed it as active again.
    void on_active(OrderId const& id);

private:
    Entry& entry_of(OrderId const& id);

    std::size_t orders_max_;
    std::map<OrderId, Entry> orders_;
    std::deque<OrderId> age_;
};

} // namespace polyquant::polymarket
