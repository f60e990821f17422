// Whether a failed call may be made again, and after how long.
#pragma once

#include "connectors/net/jitter.hpp"
#include "engine/core/failure.hpp"

#include <optional>

namespace polyquant::net {

struct RetryPolicy {
    int attempts_max = 3; // in all
    Nanos delay_min = Millis{200};
    Nanos delay_max = Seconds{5};
    Nanos retry_after_max = Seconds{30}; // a longer request to wait is handed to the caller

    // How long to wait before the next attempt; empty: give the failure to the caller. Only calls
    // marked safe to repeat are repeated, and only after faults that a repetition can cure.
    // `attempts_made` counts from 1. A Retry-After of the venue is a lower bound, with jitter on
    // top so that waiting programs do not come back at one instant.
    std::optional<Nanos> delay_before_next(
        bool safe_to_repeat,
        int attempts_made,
        Fault fault,
        std::optional<Nanos> retry_after,
        Random const& random
    ) const;
};

} // namespace polyquant::net
