#include "engine/alerts/rules.hpp"

#include "engine/observe/status_text.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace polyquant::alerts {

namespace {

using observe::age_text;

void add_strategies(std::vector<Condition>& found, observe::StatusSnapshot const& status) {
    for (auto const& s : status.strategies) {
        if (s.halted)
            found.push_back(
                {AlertKind::strategy_halted, s.name, std::string{to_string(s.last_reason)}}
            );
        auto const& c = s.calibration;
        auto const told = fmt::format(
            "promised {:.2f}, won {:.2f} of {} bets, evidence {:.1f}",
            c.promised,
            c.won,
            c.bets,
            c.evidence
        );
        if (c.state == CalibrationState::stopped)
            found.push_back({AlertKind::calibration_stopped, s.name, told});
    }
}

} // namespace

std::vector<Condition> AlertRules::conditions(
    metrics::Figures const& f, metrics::ProcessFigures const& process, Instant now
) {
    std::vector<Condition> found;
    if (auto const silent = now - f.beat; silent > params_.stuck_after)
        found.push_back(
            {AlertKind::engine_stuck, {}, "its loop has not moved for " + age_text(silent)}
        );
    if (!events_at_ || f.status.events != events_seen_) {
        events_seen_ = f.status.events;
        events_at_ = now;
    } else if (now - *events_at_ > params_.quiet_after) {
        found.push_back(
            {AlertKind::no_events, {}, "no event of any feed for " + age_text(now - *events_at_)}
        );
    }
    if (f.status.trading_halted)
        found.push_back({AlertKind::trading_halted, {}, f.status.halt_text});
    add_strategies(found, f.status);
    for (auto const& t : f.topics)
        if (!t.healthy) found.push_back({AlertKind::feed_silent, t.feed + " " + t.topic, t.reason});
    for (auto const& b : f.status.breakers)
        if (b.state == BreakerState::open)
            found.push_back({AlertKind::breaker_open, b.endpoint_group, "the venue does not serve"}
            );
    if (f.books_agree && !*f.books_agree)
        found.push_back(
            {AlertKind::books_differ, {}, "our books do not equal the venue's; nothing is bought"}
        );
    if (f.unknown_orders > 0)
        found.push_back(
            {AlertKind::unknown_orders,
             {},
             fmt::format("{} orders were sent, nobody knows what became of them", f.unknown_orders)}
        );
    if (f.oldest_unsettled && *f.oldest_unsettled > params_.unsettled_after)
        found.push_back(
            {AlertKind::unsettled,
             {},
             "a position has no outcome " + age_text(*f.oldest_unsettled) + " after its close"}
        );
    if (process.disk_free_bytes) {
        auto const free_gb = static_cast<double>(*process.disk_free_bytes) / 1e9;
        if (free_gb < params_.disk_free_min_gb)
            found.push_back({AlertKind::disk_low, {}, fmt::format("{:.2f} GB are left", free_gb)});
    }
    if (f.clock_offset && std::chrono::abs(*f.clock_offset) > params_.clock_offset_max)
        found.push_back(
            {AlertKind::clock_off,
             {},
             fmt::format(
                 "our clock is {} ms off the venue's",
                 std::chrono::duration_cast<Millis>(*f.clock_offset).count()
             )}
        );
    if (!f.recording_trouble.empty())
        found.push_back({AlertKind::not_recording, {}, f.recording_trouble});
    if (f.settlements_contradicted > 0)
        found.push_back(
            {AlertKind::settlement_contradicted,
             fmt::format("{}", f.settlements_contradicted),
             "the venue's winner was not ours; so often since the start"}
        );
    return found;
}

Nanos AlertRules::patience(AlertKind kind) const {
    switch (kind) {
    case AlertKind::feed_silent: return params_.feed_silent_after;
    case AlertKind::breaker_open: return params_.breaker_open_after;
    case AlertKind::books_differ:
    case AlertKind::unknown_orders: return params_.books_differ_after;
    case AlertKind::clock_off:
    case AlertKind::disk_low: return Seconds{60};
    case AlertKind::engine_stuck:
    case AlertKind::no_events:
    case AlertKind::trading_halted:
    case AlertKind::strategy_halted:
    case AlertKind::calibration_stopped:
    case AlertKind::unsettled:
    case AlertKind::settlement_contradicted:
    case AlertKind::not_recording:
    case AlertKind::alarm:
    case AlertKind::test: return Nanos{0};
    }
    std::abort();
}

} // namespace polyquant::alerts
