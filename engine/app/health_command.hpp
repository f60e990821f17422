// `polyquant health`: is a run alive and well? For cron, systemd, Nagios and people.
#pragma once

#include <cstdio>
#include <filesystem>

namespace polyquant::app {

struct HealthOptions {
    std::filesystem::path run; // its directory, or the heartbeat file
    int age_max_s = 30;
    int unsettled_max_s = 3'600;
    double disk_min_gb = 1;
    bool json = false;
};

// One line. Exit codes are those of Nagios plug-ins: 0 fine, 1 warning, 2 critical, 3 unknown.
int run_health(HealthOptions const& options, std::FILE* out);

} // namespace polyquant::app
