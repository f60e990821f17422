// Recorded input: knows when its next event happened, and publishes one at a time.
#pragma once

#include "engine/core/time.hpp"

#include <optional>

namespace polyquant {

namespace runtime {
class Bus;
}

class TimedFeed {
public:
    virtual ~TimedFeed() = default;

    // When the next event was received; empty at the end. Does not change until publish_one().
    virtual std::optional<UtcTime> next_at() = 0;
    // Publishes that event and goes on to the one behind it. Only called while next_at() holds one.
    virtual void publish_one(runtime::Bus& bus) = 0;
};

} // namespace polyquant
