// How long something took, in fixed buckets from a microsecond to a minute. Noting one is a search
// in 24 numbers and two additions: cheap enough for every event.
#pragma once

#include "engine/core/time.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace polyquant::metrics {

class DurationHistogram {
public:
    static constexpr std::array<Nanos, 24> bounds{
        Nanos{1'000},     Nanos{2'500},   Nanos{5'000},   Nanos{10'000},  Nanos{25'000},
        Nanos{50'000},    Nanos{100'000}, Nanos{250'000}, Nanos{500'000}, Millis{1},
        Nanos{2'500'000}, Millis{5},      Millis{10},     Millis{25},     Millis{50},
        Millis{100},      Millis{250},    Millis{500},    Seconds{1},     Millis{2'500},
        Seconds{5},       Seconds{10},    Seconds{30},    Seconds{60},
    };

    // A negative duration, which a corrected clock can make, counts as none.
    void note(Nanos took) {
        took = std::max(took, Nanos{0});
        auto const at = std::lower_bound(bounds.begin(), bounds.end(), took) - bounds.begin();
        ++counts_[static_cast<std::size_t>(at)];
        sum_ += took;
    }

    // The last one holds what took longer than every bound.
    std::array<std::uint64_t, bounds.size() + 1> const& counts() const { return counts_; }

    std::uint64_t count() const {
        std::uint64_t all = 0;
        for (auto n : counts_)
            all += n;
        return all;
    }

    Nanos sum() const { return sum_; }

private:
    std::array<std::uint64_t, bounds.size() + 1> counts_{};
    Nanos sum_{0};
};

} // namespace polyquant::metrics
