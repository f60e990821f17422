#include "engine/app/health_command.hpp"

#include "connectors/json/writer.hpp"
#include "engine/metrics/heartbeat.hpp"
#include "engine/runtime/clock.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

namespace polyquant::app {

namespace {

Result<metrics::Heartbeat> read_heartbeat(std::filesystem::path const& run) {
    auto const file = std::filesystem::is_directory(run) ? run / metrics::heartbeat_file : run;
    std::ifstream in{file, std::ios::binary};
    if (!in)
        return Failure{
            Fault::invalid, file.string(), "cannot be read: name the directory of a run that began"
        };
    std::string const text{std::istreambuf_iterator<char>{in}, {}};
    return metrics::parse_heartbeat(text);
}

std::string to_json(metrics::HealthReport const& report, metrics::Heartbeat const* heartbeat) {
    json::Writer out;
    out.begin_object();
    out.text("health", metrics::to_string(report.health));
    out.key("problems").begin_array();
    for (auto const& problem : report.problems)
        out.text(problem);
    out.end_array();
    out.key("heartbeat");
    if (heartbeat != nullptr)
        out.raw(metrics::print(*heartbeat));
    else
        out.null();
    out.end_object();
    return out.take();
}

} // namespace

int run_health(HealthOptions const& options, std::FILE* out) {
    metrics::HealthLimits limits;
    limits.age_max = Seconds{options.age_max_s};
    limits.unsettled_max = Seconds{options.unsettled_max_s};
    limits.disk_free_min = static_cast<std::int64_t>(options.disk_min_gb * 1e9);
    auto const heartbeat = read_heartbeat(options.run);
    auto const* const known = heartbeat ? &*heartbeat : nullptr;
    metrics::HealthReport report{metrics::Health::unknown, {}};
    if (known != nullptr)
        report = metrics::judge(*known, runtime::LiveClock{}.utc_now(), limits);
    else
        report.problems.push_back(describe(heartbeat.error()));
    fmt::print(out, "{}\n", options.json ? to_json(report, known) : report.line(known));
    return static_cast<int>(report.health);
}

} // namespace polyquant::app
