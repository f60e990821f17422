// Clock differences of a recording: how long after the venue's own time each kind of event came.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/time.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace polyquant::app {

struct ClockRow {
    std::string kind; // "price_tick chainlink_spot"
    std::size_t events = 0;
    double min_ms = 0;
    double median_ms = 0;
    double p99_ms = 0;
    double max_ms = 0;
    std::size_t negative = 0; // received before the venue says it happened
    double drift_ms = 0;      // median of the last tenth less that of the first
};

struct ClockCheck {
    std::vector<ClockRow> rows;
    std::size_t bars_before_close = 0; // closed bars received before they had closed: look-ahead
    std::size_t out_of_order = 0;      // venue times that went back within a kind

    bool has_findings() const;
};

Result<ClockCheck> check_clocks(std::filesystem::path const& tape);
std::vector<std::string> clock_check_text(ClockCheck const& check);

} // namespace polyquant::app
