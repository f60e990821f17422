// What a human is told of a run that is not well.
#pragma once

#include "engine/core/time.hpp"

#include <array>
#include <string>
#include <string_view>

namespace polyquant::alerts {

enum class AlertKind : std::uint8_t {
    engine_stuck,        // its loop does not move
    no_events,           // nothing comes in
    trading_halted,      // by a safety rule: kill switch, storage
    strategy_halted,     // one strategy, by a safety rule
    calibration_stopped, // its promises broke
    feed_silent,
    breaker_open,
    books_differ,   // reconciliation with the venue
    unknown_orders, // sent, nobody knows what became of them
    unsettled,      // a position without an outcome
    settlement_contradicted,
    disk_low,
    clock_off,
    not_recording,
    alarm, // a line the engine itself marked as one
    test,  // asked for by a human
};
inline constexpr std::array all_alert_kinds{
    AlertKind::engine_stuck,
    AlertKind::no_events,
    AlertKind::trading_halted,
    AlertKind::strategy_halted,
    AlertKind::calibration_stopped,
    AlertKind::feed_silent,
    AlertKind::breaker_open,
    AlertKind::books_differ,
    AlertKind::unknown_orders,
    AlertKind::unsettled,
    AlertKind::settlement_contradicted,
    AlertKind::disk_low,
    AlertKind::clock_off,
    AlertKind::not_recording,
    AlertKind::alarm,
    AlertKind::test,
};
std::string_view to_string(AlertKind kind); // "engine_stuck"

// Money may be lost, or trading has stopped; the rest can wait for the morning.
bool is_critical(AlertKind kind);

// Something that is wrong right now. Kind and subject are its identity.
struct Condition {
    AlertKind kind = AlertKind::alarm;
    std::string subject; // "clob", "s1"; empty where there is only one
    std::string text;
};

struct Notice {
    enum class State : std::uint8_t { raised, repeated, cleared };
    AlertKind kind = AlertKind::alarm;
    std::string subject;
    State state = State::raised;
    std::string text;
    UtcTime at{};
    Nanos lasted{0};             // of one that cleared
    std::uint64_t held_back = 0; // messages that the limit an hour kept back before this one
};

std::string_view to_string(Notice::State state);

// "CRITICAL trading_halted: kill switch", "cleared breaker_open clob after 3m"
std::string describe(Notice const& notice);

} // namespace polyquant::alerts
