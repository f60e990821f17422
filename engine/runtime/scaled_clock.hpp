// Live time that runs faster (or slower) than the machine's: a sandbox hour in five minutes, with
// every deadline and window in proportion.
#pragma once

#include "engine/runtime/clock.hpp"

namespace polyquant::runtime {

// Which scaled moment a real moment is. Two processes with the same anchor and factor agree about
// UTC as far as the machine's clock does.
struct TimeScale {
    UtcTime real_anchor{};
    UtcTime scaled_anchor{};
    double factor = 1; // scaled seconds in a real second, above zero
};

// utc = scaled_anchor + (real utc - real_anchor) * factor. Steady time is scaled by the same
// factor, so durations and deadlines are in scaled time throughout.
class ScaledClock final : public Clock {
public:
    explicit ScaledClock(TimeScale scale);

    Instant now() const override;
    UtcTime utc_now() const override;
    Task<bool> wait_until(Instant at) override;

    TimeScale const& scale() const { return scale_; }

    // The real time until a scaled instant, for whoever must wait on a real timer.
    Instant real_instant_of(Instant at) const;

private:
    TimeScale scale_;
    Instant real_start_;
};

} // namespace polyquant::runtime
