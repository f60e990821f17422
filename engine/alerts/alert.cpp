#include "engine/alerts/alert.hpp"

#include "engine/observe/status_text.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace polyquant::alerts {

std::string_view to_string(AlertKind kind) {
    switch (kind) {
    case AlertKind::engine_stuck: return "engine_stuck";
    case AlertKind::no_events: return "no_events";
    case AlertKind::trading_halted: return "trading_halted";
    case AlertKind::strategy_halted: return "strategy_halted";
    case AlertKind::calibration_stopped: return "calibration_stopped";
    case AlertKind::feed_silent: return "feed_silent";
    case AlertKind::breaker_open: return "breaker_open";
    case AlertKind::books_differ: return "books_differ";
    case AlertKind::unknown_orders: return "unknown_orders";
    case AlertKind::unsettled: return "unsettled";
    case AlertKind::settlement_contradicted: return "settlement_contradicted";
    case AlertKind::disk_low: return "disk_low";
    case AlertKind::clock_off: return "clock_off";
    case AlertKind::not_recording: return "not_recording";
    case AlertKind::alarm: return "alarm";
    case AlertKind::test: return "test";
    }
    std::abort();
}

bool is_critical(AlertKind kind) {
    switch (kind) {
    case AlertKind::engine_stuck:
    case AlertKind::no_events:
    case AlertKind::trading_halted:
    case AlertKind::books_differ:
    case AlertKind::unsettled:
    case AlertKind::alarm: return true;
    case AlertKind::strategy_halted:
    case AlertKind::calibration_stopped:
    case AlertKind::feed_silent:
    case AlertKind::breaker_open:
    case AlertKind::unknown_orders:
    case AlertKind::settlement_contradicted:
    case AlertKind::disk_low:
    case AlertKind::clock_off:
    case AlertKind::not_recording:
    case AlertKind::test: return false;
    }
    std::abort();
}

std::string_view to_string(Notice::State state) {
    switch (state) {
    case Notice::State::raised: return "raised";
    case Notice::State::repeated: return "repeated";
    case Notice::State::cleared: return "cleared";
    }
    std::abort();
}

std::string describe(Notice const& notice) {
    // An alarm's subject is its text.
    auto const has_subject = !notice.subject.empty() && notice.kind != AlertKind::alarm;
    auto const subject = has_subject ? " " + notice.subject : std::string{};
    auto text = fmt::format("{}{}", to_string(notice.kind), subject);
    if (notice.state == Notice::State::cleared)
        text = fmt::format("cleared {} after {}", text, observe::age_text(notice.lasted));
    else
        text = fmt::format(
            "{} {}{}: {}",
            is_critical(notice.kind) ? "CRITICAL" : "WARNING",
            text,
            notice.state == Notice::State::repeated ? " (still)" : "",
            notice.text
        );
    if (notice.held_back > 0) text += fmt::format(" (and {} messages held back)", notice.held_back);
    return text;
}

} // namespace polyquant::alerts
