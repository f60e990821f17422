#include "connectors/polymarket/clob/clock_offset.hpp"

#include <algorithm>

namespace polyquant::polymarket {

namespace {

// Clocks drift: what was proven long ago is proven less exactly now.
constexpr Nanos drift_per_sample = std::chrono::milliseconds{1};

} // namespace

void ClockOffset::add(UtcTime sent, UtcTime received, UtcTime venue_seconds) {
    auto const least = sent - (venue_seconds + Seconds{1});
    auto const most = received - venue_seconds;
    if (known_) {
        auto const low = std::max(least_ - drift_per_sample, least);
        auto const high = std::min(most_ + drift_per_sample, most);
        if (low <= high) {
            least_ = low;
            most_ = high;
            return;
        }
    }
    known_ = true;
    least_ = least;
    most_ = most;
}

Nanos ClockOffset::proven() const {
    if (!known_ || (least_ <= Nanos{0} && most_ >= Nanos{0})) return Nanos{0};
    return least_ > Nanos{0} ? least_ : most_;
}

} // namespace polyquant::polymarket
