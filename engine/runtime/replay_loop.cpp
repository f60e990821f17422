#include "engine/runtime/replay_loop.hpp"

#include <cmath>

namespace polyquant::runtime {

namespace {

// Often enough for signals at a million events a second, too seldom to cost anything.
constexpr std::uint64_t events_between_polls = 256;

ReplayLoop::RealTime machine_time(asio::io_context& io) {
    return {
        .now = [] { return std::chrono::steady_clock::now(); },
        .wait =
            [&io](Instant until) {
                return io.run_one_until(until) > 0;
            }
    };
}

} // namespace

ReplayLoop::ReplayLoop(asio::io_context& io, SimClock& clock, Bus& bus)
    : ReplayLoop{io, clock, bus, machine_time(io)} {}

ReplayLoop::ReplayLoop(asio::io_context& io, SimClock& clock, Bus& bus, RealTime real)
    : io_{io}, work_{io.get_executor()}, clock_{clock}, bus_{bus}, wakeups_{Wakeups::of(io)},
      real_{std::move(real)} {}

void ReplayLoop::set_speed(double factor) {
    speed_ = std::isfinite(factor) && factor > 0.0 ? factor : 0.0;
    restart_pacing();
}

ReplayEnd ReplayLoop::run(TimedFeed& feed) {
    io_.restart();
    restart_pacing();
    poll();
    settle();
    while (!stop_) {
        auto const next = feed.next_at();
        if (!next) return ReplayEnd::finished;
        auto const at = std::max(clock_.instant_of(*next), clock_.now());
        auto const due = clock_.next_due();
        auto const sleepers_first = due && *due < at;
        if (wait_for(sleepers_first ? *due : at) == Pace::interrupted) {
            settle();
            continue;
        }
        if (sleepers_first) {
            clock_.advance_to(*due);
            settle();
            continue;
        }
        clock_.move_to(at);
        publish_instant(feed);
        if (stop_) break;
        clock_.wake_due();
        settle();
    }
    return ReplayEnd::stopped;
}

ReplayEnd ReplayLoop::drain(UtcTime until, std::function<bool()> const& done) {
    auto const end = clock_.instant_of(until);
    io_.restart();
    stop_ = false;
    restart_pacing();
    poll();
    settle();
    while (!stop_) {
        if (done && done()) return ReplayEnd::finished;
        auto const due = clock_.next_due();
        auto const to = due && *due <= end ? *due : end;
        if (wait_for(to) == Pace::interrupted) {
            settle();
            continue;
        }
        if (to > clock_.now()) clock_.move_to(to);
        if (!due || *due > end) return ReplayEnd::finished;
        clock_.wake_due();
        settle();
    }
    return ReplayEnd::stopped;
}

void ReplayLoop::publish_instant(TimedFeed& feed) {
    for (auto next = feed.next_at(); next && !stop_; next = feed.next_at()) {
        auto const now = clock_.utc_now();
        if (*next > now) return;
        if (*next < now) ++counts_.late_events;
        feed.publish_one(bus_);
        if (++counts_.events % events_between_polls == 0) poll();
        settle();
    }
}

void ReplayLoop::settle() {
    for (;;) {
        if (wakeups_.count() != seen_wakeups_) poll();
        std::size_t delivered = 0;
        for (auto* pool : pools_)
            delivered += pool->deliver();
        if (delivered == 0 && wakeups_.count() == seen_wakeups_) return;
    }
}

// Runs all that is ready, and what that makes ready.
void ReplayLoop::poll() {
    ++counts_.polls;
    io_.poll();
    seen_wakeups_ = wakeups_.count();
}

void ReplayLoop::restart_pacing() {
    real_anchor_ = real_.now();
    simulated_anchor_ = clock_.now();
}

ReplayLoop::Pace ReplayLoop::wait_for(Instant simulated) {
    if (speed_ <= 0.0) return Pace::due;
    auto const span = std::chrono::duration<double>(simulated - simulated_anchor_) / speed_;
    auto const real_due = real_anchor_ + std::chrono::duration_cast<Nanos>(span);
    while (real_.now() < real_due) {
        if (real_.wait(real_due)) {
            // A handler ran: it may have changed what happens next.
            poll();
            return Pace::interrupted;
        }
    }
    return Pace::due;
}

} // namespace polyquant::runtime
