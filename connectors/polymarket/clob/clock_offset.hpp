// How far our clock is from the venue's, known from answers that carry whole seconds only.
#pragma once

#include "engine/core/time.hpp"

#include <optional>

namespace polyquant::polymarket {

// Pure. An answer "s" to a request sent at `sent` and answered at `received` proves that the
// venue's clock stood in [s, s + 1) at some moment between the two. Each sample narrows the
// interval in which the offset must lie; a sample that contradicts the others means that a clock
// was set, and starts anew.
class ClockOffset {
public:
    void add(UtcTime sent, UtcTime received, UtcTime venue_seconds);

    bool is_known() const { return known_; }

    // Ours minus the venue's, as far as it is proven: zero while zero is possible.
    Nanos proven() const;

    // The middle of what is possible: the best guess for time stamps.
    Nanos likely() const { return known_ ? (least_ + most_) / 2 : Nanos{0}; }

    Nanos uncertainty() const { return known_ ? (most_ - least_) / 2 : Nanos::max(); }

private:
    bool known_ = false;
    Nanos least_{0};
    Nanos most_{0};
};

} // namespace polyquant::polymarket
