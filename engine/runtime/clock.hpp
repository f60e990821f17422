// The only source of time for everything that decides.
#pragma once

#include "engine/core/time.hpp"
#include "engine/runtime/task.hpp"

namespace polyquant::runtime {

class Clock {
public:
    virtual ~Clock() = default;

    virtual Instant now() const = 0;
    virtual UtcTime utc_now() const = 0;

    // True at `at` (at once when it has passed), false when the coroutine was cancelled before.
    virtual Task<bool> wait_until(Instant at) = 0;

    // The same, but cancellation leaves as system_error{operation_aborted}, like any Asio
    // operation.
    Task<void> sleep_until(Instant at);

    Task<void> sleep_for(Nanos duration) { return sleep_until(now() + duration); }

    // The two kinds of time meet only here. A live clock's answer moves with the system's clock
    // corrections: convert when needed, do not keep the result for minutes.
    Instant instant_of(UtcTime t) const;
    UtcTime utc_of(Instant t) const;
};

// The machine's clocks. Uses the executor of the coroutine that sleeps.
class LiveClock final : public Clock {
public:
    Instant now() const override;
    UtcTime utc_now() const override;
    Task<bool> wait_until(Instant at) override;
};

} // namespace polyquant::runtime
