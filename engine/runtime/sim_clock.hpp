// A clock whose time moves only when told.
#pragma once

#include "engine/runtime/clock.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace polyquant::runtime {

// Sleepers wake in the order of (instant, order of going to sleep). Sleeping until Instant::max()
// never ends and is not a due instant.
//
// Lifetime: sleeping coroutines share the list of sleepers, so clock and io_context may be
// destroyed in either order. Calling wait_until of a clock that is gone is still a bug.
class SimClock final : public Clock {
public:
    explicit SimClock(UtcTime start);
    ~SimClock() override;
    SimClock(SimClock const&) = delete;
    SimClock& operator=(SimClock const&) = delete;

    Instant now() const override { return now_; }

    UtcTime utc_now() const override { return epoch_ + now_.time_since_epoch(); }

    Task<bool> wait_until(Instant at) override;

    // The earliest instant somebody sleeps for.
    std::optional<Instant> next_due() const;

    // Moves time and wakes everyone due by then; they run when the io_context is polled. The caller
    // advances in steps of next_due(), or a sleeper sees a later time than it asked for.
    void advance_to(Instant t);

    // The two halves of advance_to, for a replay loop that publishes input in between.
    void move_to(Instant t);
    void wake_due();

private:
    struct Sleeper;
    struct Sleepers;

    UtcTime epoch_;
    Instant now_{};
    std::shared_ptr<Sleepers> sleepers_;
};

} // namespace polyquant::runtime
