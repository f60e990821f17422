#include "engine/app/guarded_venue.hpp"

namespace polyquant::app {

Task<Result<OrderAck>> GuardedVenue::post(PreparedOrder order, Instant deadline) {
    if (auto const may = may_send_(); !may)
        // A fault that is certain: the order was not sent, so there is nothing to look up.
        co_return Failure{Fault::storage, "not sent", describe(may.error())};
    if (make_durable_) {
        auto const kept = co_await make_durable_(order);
        if (!kept) co_return Failure{Fault::storage, "not sent", describe(kept.error())};
    }
    auto answer = co_await venue_.post(std::move(order), deadline);
    co_return answer;
}

} // namespace polyquant::app
