#include "engine/runtime/lag_meter.hpp"

#include <algorithm>
#include <cmath>

namespace polyquant::runtime {

void LagMeter::note(Nanos late) {
    late = std::max(late, Nanos{0});
    auto const at = static_cast<std::size_t>(late / bucket);
    ++counts_[std::min(at, buckets - 1)];
    ++count_;
    max_ = std::max(max_, late);
    sum_ += late;
}

std::uint64_t LagMeter::at_most(Nanos limit) const {
    auto const whole = static_cast<std::size_t>(std::max(limit, Nanos{0}) / bucket);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < std::min(whole, buckets - 1); ++i)
        seen += counts_[i];
    return seen;
}

Nanos LagMeter::quantile(double q) const {
    if (count_ == 0) return Nanos{0};
    auto const rank = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)))
    );
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i + 1 < buckets; ++i) {
        seen += counts_[i];
        if (seen >= rank) return std::min(bucket * static_cast<std::int64_t>(i + 1), max_);
    }
    return max_;
}

Task<void> measure_lag(LagMeter& meter) {
    constexpr Millis every{10};
    LiveClock clock;
    auto due = clock.now() + every;
    while (co_await clock.wait_until(due)) {
        auto const now = clock.now();
        meter.note(now - due);
        due = now + every;
    }
}

} // namespace polyquant::runtime
