// How late the loop is: the time between when a timer should have rung and when it did. Everything
// that decides waits behind whatever makes it late.
#pragma once

#include "engine/runtime/clock.hpp"

#include <array>
#include <cstdint>

namespace polyquant::runtime {

class LagMeter {
public:
    // Buckets of 100 us; the last one holds everything from 400 ms on.
    static constexpr Nanos bucket{100'000};
    static constexpr std::size_t buckets = 4'000;

    void note(Nanos late);

    std::uint64_t count() const { return count_; }

    Nanos max() const { return max_; }

    Nanos sum() const { return sum_; }

    // How many measurements lie in buckets that end at or before `limit`.
    std::uint64_t at_most(Nanos limit) const;

    // The upper end of the bucket that holds the q-th part (0..1) of all measurements.
    Nanos quantile(double q) const;

private:
    std::array<std::uint64_t, buckets> counts_{};
    std::uint64_t count_ = 0;
    Nanos max_{0};
    Nanos sum_{0};
};

// Measures every 10 ms of the machine's time, whatever the engine's clock; a task for the
// supervisor. `meter` outlives it.
Task<void> measure_lag(LagMeter& meter);

} // namespace polyquant::runtime
