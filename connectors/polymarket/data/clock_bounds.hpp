// How far our clock is from the venue's, from answers that carry whole seconds only.
#pragma once

#include "engine/core/time.hpp"

#include <algorithm>
#include <optional>

namespace polyquant::polymarket {

// Pure. "s" in answer to a question sent at `sent` and received at `received` (our UTC) proves that
// the venue's clock stood in [s, s + 1) at some moment between: so ours minus the venue's lies in
// [sent - s - 1 s, received - s]. The intervals of several questions are cut; what was learned
// earlier is widened by the clocks' possible drift. A contradiction means that a clock was set: the
// newest answer counts alone.
class ClockBounds {
public:
    // Crystals drift by some 50 millionths each.
    static constexpr std::int64_t drift_ppm = 100;

    void add(UtcTime sent, UtcTime received, UtcTime venue_second);

    bool is_known() const { return at_.has_value(); }

    // Ours minus the venue's.
    Nanos least() const { return least_; }

    Nanos most() const { return most_; }

    Nanos middle() const { return least_ + (most_ - least_) / 2; }

    // As far as it is proven: zero while zero is possible.
    Nanos proven() const { return std::clamp(Nanos{0}, least_, most_); }

    Nanos width() const { return is_known() ? most_ - least_ : Nanos::max(); }

    std::optional<UtcTime> updated_at() const { return at_; }

    // Times the answers contradicted what was known.
    int steps() const { return steps_; }

    // The next moment at which a question halves what is open: when the venue's second turns, if
    // the offset is the middle. `travel` is the way there.
    UtcTime next_question(UtcTime not_before, Nanos travel) const;

private:
    Nanos least_{0};
    Nanos most_{0};
    std::optional<UtcTime> at_;
    int steps_ = 0;
};

} // namespace polyquant::polymarket
