#include "connectors/net/reconnect_machine.hpp"

#include <algorithm>

namespace polyquant::net {

ReconnectAction default_reconnect_action(Loss const& loss) {
    switch (loss.close_code) {
    case 1001:
    case 1012:
    case 1013: return {ReconnectAction::Kind::spread, Seconds{5}};
    default: break;
    }
    // 403 comes from firewalls in front of a venue too, and goes away by itself.
    auto const refused_key = loss.failure.fault == Fault::auth && loss.failure.http_status != 403;
    if (refused_key) return {ReconnectAction::Kind::stop, Nanos{0}};
    return {};
}

ReconnectMachine::ReconnectMachine(Limits limits, Random random, ReconnectPolicy policy)
    : limits_{limits}, random_{std::move(random)}, policy_{std::move(policy)} {
    ENSURE(limits.delay_min > Nanos{0}, "a reconnect waits some time");
    ENSURE(limits.delay_max >= limits.delay_min, "the longest wait is not the shorter one");
    ENSURE(random_ != nullptr && policy_ != nullptr, "jitter and policy are given");
}

void ReconnectMachine::begin() {
    ENSURE(state_ == State::waiting, "an attempt begins after a wait");
    state_ = State::connecting;
}

void ReconnectMachine::connected(Instant now) {
    ENSURE(state_ == State::connecting, "only an attempt can succeed");
    state_ = State::up;
    up_since_ = now;
}

void ReconnectMachine::lost(Loss const& loss, Instant now) {
    ENSURE(state_ == State::connecting || state_ == State::up, "only a connection can be lost");
    auto const was_stable = state_ == State::up && now - up_since_ >= limits_.stable_after;
    if (was_stable) losses_ = 0;
    state_ = State::waiting;
    if (loss.is_planned) {
        attempt_at_ = now;
        return;
    }
    auto const action = policy_(loss);
    if (action.kind == ReconnectAction::Kind::stop) {
        state_ = State::stopped;
        return;
    }
    auto const most = action.kind == ReconnectAction::Kind::spread
                          ? action.spread
                          : doubled(limits_.delay_min, losses_, limits_.delay_max);
    auto const wait = uniform_up_to(most, random_);
    ++losses_;
    // The venue's own wish is a lower bound; the jitter on top keeps its clients from returning
    // all at one instant.
    attempt_at_ = now + loss.retry_after.value_or(Nanos{0}) + wait;
}

void ReconnectMachine::stop() {
    state_ = State::stopped;
}

void ReconnectMachine::retry_now() {
    if (state_ == State::stopped) state_ = State::waiting;
    if (state_ == State::waiting) attempt_at_ = Instant{};
}

std::string_view to_string(ReconnectMachine::State state) {
    switch (state) {
    case ReconnectMachine::State::waiting: return "waiting";
    case ReconnectMachine::State::connecting: return "connecting";
    case ReconnectMachine::State::up: return "up";
    case ReconnectMachine::State::stopped: return "stopped";
    }
    std::abort();
}

} // namespace polyquant::net
