// Which of the figures of a run are wrong. Pure but for one memory: when the last event came.
#pragma once

#include "config/alert_params.hpp"
#include "engine/alerts/alert.hpp"
#include "engine/metrics/figures.hpp"
#include "engine/metrics/process_figures.hpp"

#include <optional>
#include <vector>

namespace polyquant::alerts {

class AlertRules {
public:
    explicit AlertRules(config::AlertParams const& params) : params_{params} {}

    // What is wrong at `now`, the machine's steady time; the figures may be old: that is a rule.
    std::vector<Condition> conditions(
        metrics::Figures const& figures, metrics::ProcessFigures const& process, Instant now
    );

    // How long a condition must last before anybody is told.
    Nanos patience(AlertKind kind) const;

private:
    config::AlertParams params_;
    std::uint64_t events_seen_ = 0;
    std::optional<Instant> events_at_;
};

} // namespace polyquant::alerts
