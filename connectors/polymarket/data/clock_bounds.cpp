#include "connectors/polymarket/data/clock_bounds.hpp"

#include <algorithm>

namespace polyquant::polymarket {

void ClockBounds::add(UtcTime sent, UtcTime received, UtcTime venue_second) {
    auto const least = sent - venue_second - Seconds{1};
    auto const most = received - venue_second;
    if (at_) {
        auto const drift =
            std::max<Nanos>(received - *at_, Nanos{0}) * drift_ppm / std::int64_t{1'000'000};
        auto const cut_least = std::max(least, least_ - drift);
        auto const cut_most = std::min(most, most_ + drift);
        at_ = received;
        if (cut_least <= cut_most) {
            least_ = cut_least;
            most_ = cut_most;
            return;
        }
        ++steps_;
    }
    at_ = received;
    least_ = least;
    most_ = most;
}

UtcTime ClockBounds::next_question(UtcTime not_before, Nanos travel) const {
    // Ours at the moment the venue's second turns is a whole second plus the offset.
    auto const phase = middle() - travel;
    auto const base = not_before - phase;
    auto const whole = std::chrono::ceil<Seconds>(base.time_since_epoch());
    return UtcTime{whole} + phase;
}

} // namespace polyquant::polymarket
