// The heartbeat file of a run: written every few seconds by a thread that is not the engine's, read
// by `polyquant health`, cron, systemd and Nagios.
#pragma once

#include "engine/metrics/figures.hpp"
#include "engine/metrics/process_figures.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace polyquant::metrics {

// Of a run's directory.
inline constexpr char const* heartbeat_file = "heartbeat.json";

struct Heartbeat {
    std::string version;
    std::string mode;
    std::int64_t process_id = 0;
    UtcTime started_at{}; // of the machine, as are all times here
    UtcTime written_at{};
    UtcTime beat_at{};    // when the engine's own thread was last heard of
    bool stopped = false; // in order
    int exit_code = 0;    // of a stopped one
    bool trading_halted = false;
    std::string halt_text;
    std::vector<std::string> halted_strategies;
    std::vector<std::string> open_breakers;
    std::vector<std::string> silent_feeds;
    double oldest_unsettled_seconds = 0;
    std::int64_t unknown_orders = 0;
    std::optional<bool> books_agree;
    std::optional<double> clock_offset_seconds;
    std::optional<std::int64_t> disk_free_bytes;
    std::int64_t resident_bytes = 0;
    double loop_lag_p99_ms = 0;
    std::int64_t events = 0;
    std::vector<std::string> alerts; // active ones
    std::string bankroll;            // USDC, all strategies
    std::string profit;
    std::string metrics; // URL; empty: not served
    std::string dashboard;
};

Heartbeat heartbeat_of(Figures const& figures, ProcessFigures const& process);

std::string print(Heartbeat const& heartbeat); // one JSON object and a line end
Result<Heartbeat> parse_heartbeat(std::string_view json);

// As Nagios counts.
enum class Health : std::uint8_t { ok = 0, warning = 1, critical = 2, unknown = 3 };
std::string_view to_string(Health health); // "OK"

struct HealthLimits {
    Seconds age_max{30};          // of the file and of the engine's beat
    Seconds unsettled_max{3'600}; // past the close
    std::int64_t disk_free_min = 1'000'000'000;
};

struct HealthReport {
    Health health = Health::ok;
    std::vector<std::string> problems; // the gravest first

    // "POLYQUANT CRITICAL - trading halted: ... | bankroll=... "
    std::string line(Heartbeat const* heartbeat) const;
};

HealthReport judge(Heartbeat const& heartbeat, UtcTime now, HealthLimits const& limits);

} // namespace polyquant::metrics
