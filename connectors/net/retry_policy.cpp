#include "connectors/net/retry_policy.hpp"

namespace polyquant::net {

std::optional<Nanos> RetryPolicy::delay_before_next(
    bool safe_to_repeat,
    int attempts_made,
    Fault fault,
    std::optional<Nanos> retry_after,
    Random const& random
) const {
    if (!safe_to_repeat || attempts_made >= attempts_max || !is_retryable(fault)) {
        return std::nullopt;
    }
    if (retry_after && *retry_after > retry_after_max) return std::nullopt;
    // Hitting a rate limit again makes it longer, so without a stated time nobody asks at once.
    auto const floor =
        retry_after.value_or(fault == Fault::rate_limited ? Nanos{Seconds{1}} : Nanos{0});
    return floor + uniform_up_to(doubled(delay_min, attempts_made - 1, delay_max), random);
}

} // namespace polyquant::net
