#include "engine/runtime/circuit_breaker.hpp"

#include <algorithm>

namespace polyquant::runtime {

CircuitBreaker::CircuitBreaker(Limits limits) : limits_{limits}, next_pause_{limits.pause} {
    ENSURE(limits.faults_max >= 1, "a breaker opens after at least one fault");
    ENSURE(limits.pause > Nanos{0} && limits.pause_max >= limits.pause, "a breaker pauses");
    ENSURE(limits.pause_growth >= 1, "a breaker's pause does not shrink");
    faults_.reserve(static_cast<std::size_t>(limits.faults_max));
}

BreakerState CircuitBreaker::state(Instant now) const {
    if (!open_until_) return BreakerState::closed;
    return now < *open_until_ ? BreakerState::open : BreakerState::half_open;
}

bool CircuitBreaker::allow(Instant now) {
    switch (state(now)) {
    case BreakerState::closed: return true;
    case BreakerState::open: return false;
    case BreakerState::half_open: break;
    }
    if (probe_since_ && now - *probe_since_ < limits_.probe_limit) return false;
    probe_since_ = now;
    return true;
}

void CircuitBreaker::record(std::optional<Fault> fault, Instant now) {
    auto const meaning = meaning_of(fault);
    switch (state(now)) {
    case BreakerState::open: return;
    case BreakerState::closed:
        if (meaning == Meaning::failing) count_fault(now);
        return;
    case BreakerState::half_open: break;
    }
    if (!probe_since_) return;
    probe_since_.reset();
    switch (meaning) {
    case Meaning::nothing: return;
    case Meaning::failing: open(now); return;
    case Meaning::alive:
        open_until_.reset();
        faults_.clear();
        next_pause_ = limits_.pause;
        return;
    }
}

void CircuitBreaker::trip(Instant until) {
    open_until_ = std::max(open_until_.value_or(until), until);
    probe_since_.reset();
    faults_.clear();
}

std::optional<BreakerState> CircuitBreaker::take_change(Instant now) {
    auto const current = state(now);
    if (current == reported_) return std::nullopt;
    reported_ = current;
    return current;
}

CircuitBreaker::Meaning CircuitBreaker::meaning_of(std::optional<Fault> fault) {
    if (!fault) return Meaning::alive;
    if (counts_against_breaker(*fault)) return Meaning::failing;
    switch (*fault) {
    case Fault::auth:
    case Fault::rejected: return Meaning::alive;
    case Fault::timeout:
    case Fault::transport:
    case Fault::rate_limited:
    case Fault::parse:
    case Fault::cancelled:
    case Fault::breaker_open:
    case Fault::invalid:
    case Fault::storage: return Meaning::nothing;
    }
    std::abort();
}

void CircuitBreaker::open(Instant now) {
    open_until_ = now + next_pause_;
    next_pause_ = std::min(next_pause_ * limits_.pause_growth, limits_.pause_max);
    faults_.clear();
}

void CircuitBreaker::count_fault(Instant now) {
    std::erase_if(faults_, [&](Instant at) { return now - at >= limits_.window; });
    faults_.push_back(now);
    if (faults_.size() >= static_cast<std::size_t>(limits_.faults_max)) open(now);
}

} // namespace polyquant::runtime
