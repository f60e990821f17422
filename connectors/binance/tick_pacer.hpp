// Bounds the rate of one coin's price ticks without losing what prices at boundaries need. Pure.
#pragma once

#include "engine/core/events.hpp"

#include <optional>
#include <vector>

namespace polyquant::binance {

// At most one tick in `gap`, the latest one; besides, the first and the last trade of each second
// of the venue's time always leave: boundaries of windows fall on whole seconds, and averages are
// made of the first and last price of each second. gap 0: every tick leaves.
class TickPacer {
public:
    explicit TickPacer(Nanos gap) : gap_{gap} {}

    // Appends what may be published now.
    void on(PriceTick const& tick, Instant now, std::vector<PriceTick>& out);
    void flush_due(Instant now, UtcTime utc_now, std::vector<PriceTick>& out);
    // When the tick that waits may leave.
    std::optional<Instant> due() const;

private:
    Nanos gap_;
    std::optional<PriceTick> waiting_{};
    std::optional<Instant> last_out_{};
    std::int64_t second_ = -1; // of the last tick that came
};

} // namespace polyquant::binance
