// Drives recorded time: runs everything ready, then jumps to the next instant at which anything
// happens.
#pragma once

#include "engine/core/time.hpp"
#include "engine/ports/timed_feed.hpp"
#include "engine/runtime/bus.hpp"
#include "engine/runtime/side_pool.hpp"
#include "engine/runtime/sim_clock.hpp"
#include "engine/runtime/wakeups.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <vector>

namespace polyquant::runtime {

enum class ReplayEnd : std::uint8_t { finished, stopped };

struct ReplayCounts {
    std::uint64_t events = 0;
    std::uint64_t late_events =
        0; // their time lay before the clock's; published at the clock's time
    std::uint64_t polls = 0;
};

// The order of things, the same in every run:
//   1. everything ready runs, and all side pool work is waited for, until neither is left;
//   2. time moves to the earlier of the feed's next event and the next sleeper's instant;
//   3. the feed's events of that instant are published one by one, step 1 after each;
//   4. then the sleepers due at that instant run, in the order of their instant and of going to
//      sleep. So who sleeps until t decides with everything that had been received by t.
//
// Signals and other handlers of the io_context run in step 1 and, with a speed limit, while the
// loop waits for real time. At full speed the io_context is polled when a Wakeups mark says that
// something is ready, and every 256 events besides.
class ReplayLoop {
public:
    // Real time for the speed limit. Waits until `until` or until a handler has run; true when one
    // ran. The default waits inside the io_context.
    struct RealTime {
        std::function<Instant()> now;
        std::function<bool(Instant until)> wait;
    };

    ReplayLoop(asio::io_context& io, SimClock& clock, Bus& bus);
    ReplayLoop(asio::io_context& io, SimClock& clock, Bus& bus, RealTime real);
    ReplayLoop(ReplayLoop const&) = delete;
    ReplayLoop& operator=(ReplayLoop const&) = delete;

    // Its work is waited for before time moves. Use Delivery::held for repeatable runs.
    void include(SidePool& pool) { pools_.push_back(&pool); }

    // Simulated seconds a real second: 1, 60, ... Infinite or not positive: as fast as possible
    // (the default). May be changed while running.
    void set_speed(double factor);

    // Ends run() or drain() before time moves again. To be called on the engine's thread, for
    // example from a signal handler of the io_context.
    void request_stop() { stop_ = true; }

    // Until the feed has no more events and what they started at the last instant has run.
    ReplayEnd run(TimedFeed& feed);
    // Goes on without a feed, to let timers and shutdown run: until `until`, which the clock then
    // shows, or until done() holds. A stop asked for before does not count.
    ReplayEnd drain(UtcTime until, std::function<bool()> const& done = {});

    ReplayCounts const& counts() const { return counts_; }

private:
    enum class Pace : std::uint8_t { due, interrupted };

    void settle();
    void poll();
    void restart_pacing();
    Pace wait_for(Instant simulated);
    void publish_instant(TimedFeed& feed);

    asio::io_context& io_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    SimClock& clock_;
    Bus& bus_;
    Wakeups& wakeups_;
    RealTime real_;
    std::vector<SidePool*> pools_{};
    ReplayCounts counts_{};
    std::uint64_t seen_wakeups_ = 0;
    double speed_ = 0.0; // zero: unlimited
    Instant real_anchor_{};
    Instant simulated_anchor_{};
    bool stop_ = false;
};

} // namespace polyquant::runtime
