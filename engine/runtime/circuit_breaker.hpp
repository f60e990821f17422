// Stops calling a venue endpoint group that keeps failing, and finds out when it is back.
#pragma once

#include "engine/core/events.hpp"
#include "engine/core/time.hpp"

#include <optional>
#include <vector>

namespace polyquant::runtime {

// A pure value: no clock, no loop.
//
//   closed     every call allowed; `faults_max` counted faults within `window` open it
//   open       no call allowed for a pause
//   half_open  one probe at a time; its answer closes the breaker, its fault opens it for a pause
//              `pause_growth` times as long (at most pause_max)
//
// An answer of the venue that is no counted fault (a success, a rejection, a refused key) shows
// that it is alive. Faults on our side (cancelled, invalid, storage) say nothing: they give a
// probe's turn back.
class CircuitBreaker {
public:
    struct Limits {
        int faults_max = 3;
        Nanos window = Seconds{10};
        Nanos pause = Seconds{5};
        int pause_growth = 2;
        Nanos pause_max = Seconds{60};
        Nanos probe_limit = Seconds{10}; // a probe nobody recorded gives its turn up after this
    };

    explicit CircuitBreaker(Limits limits);

    BreakerState state(Instant now) const;

    // May a call be made now? In half_open a true takes the one probe: record() must follow.
    bool allow(Instant now);

    // The outcome of an allowed call; empty means success. Outcomes of calls made before the
    // breaker opened are ignored while it is open.
    void record(std::optional<Fault> fault, Instant now);

    // Opens it until `until` at least: the venue itself said when to come back.
    void trip(Instant until);

    // The state, when it differs from what was last reported here: publish it as BreakerChanged.
    // Ask after allow() and record(), and at reopens_at() for a timely half_open.
    std::optional<BreakerState> take_change(Instant now);

    // When an open breaker becomes half_open.
    std::optional<Instant> reopens_at() const { return open_until_; }

private:
    enum class Meaning : std::uint8_t { alive, failing, nothing };
    static Meaning meaning_of(std::optional<Fault> fault);

    void open(Instant now);
    void count_fault(Instant now);

    Limits limits_;
    std::vector<Instant> faults_{};       // the last faults_max of them, oldest first
    std::optional<Instant> open_until_{}; // set: not closed
    std::optional<Instant> probe_since_{};
    Nanos next_pause_;
    BreakerState reported_ = BreakerState::closed;
};

} // namespace polyquant::runtime
