#include "engine/app/timed_venue.hpp"

namespace polyquant::app {

Task<Result<OrderAck>> TimedVenue::post(PreparedOrder order, Instant deadline) {
    auto const began = clock_.now();
    auto answer = co_await venue_.post(std::move(order), deadline);
    tell("order post", answer, began);
    co_return answer;
}

Task<Result<OrderAck>> TimedVenue::cancel(OrderId order, Instant deadline) {
    auto const began = clock_.now();
    auto answer = co_await venue_.cancel(order, deadline);
    tell("order cancel", answer, began);
    co_return answer;
}

void TimedVenue::tell(char const* what, Result<OrderAck> const& answer, Instant began) const {
    // What is refused may have been refused on this side of the wire.
    if (!answer) return;
    sink_(prefix_ + what, clock_.now() - began);
}

} // namespace polyquant::app
