// Figures as Prometheus' text format 0.0.4, by prometheus-cpp's serializer.
#pragma once

#include "engine/metrics/figures.hpp"
#include "engine/metrics/process_figures.hpp"

#include <string>

namespace polyquant::metrics {

// What does not come from the engine's thread.
struct PlaneFigures {
    ProcessFigures process;
    std::vector<CallCount> notices; // endpoint: the channel; outcome: sent, failed, dropped
    std::vector<NamedCount> alerts; // 1: active now, 0: not
    std::size_t dashboard_clients = 0;
};

inline constexpr char const* exposition_type = "text/plain; version=0.0.4; charset=utf-8";

// `now` is the steady time of the reader: the difference to the engine's last beat is a metric.
std::string exposition(Figures const& figures, PlaneFigures const& plane, Instant now);

} // namespace polyquant::metrics
