// What a finished live run says: windows, money, reasons, how late the loop was, where everything
// is.
#pragma once

#include "engine/observe/status_text.hpp"

#include <boost/json/fwd.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace polyquant::app {

struct RunFigures {
    std::string mode;
    UtcTime start{};
    UtcTime end{};
    std::uint64_t events = 0;
    double real_seconds = 0;
    std::uint64_t facts = 0; // of this and all earlier starts
    std::uint64_t windows = 0;
    std::size_t unsettled =
        0; // positions whose outcome is awaited: the next start goes on with them
    Nanos lag_p50{0};
    Nanos lag_p99{0};
    Nanos lag_max{0};
    std::map<std::string, std::uint64_t> breaker_openings; // by endpoint group
    std::filesystem::path directory;
    std::filesystem::path journal;
    int exit_code = 0;
};

std::vector<std::string> run_summary(
    RunFigures const& figures,
    observe::StatusSnapshot const& status,
    std::vector<observe::SettledWindow> const& windows
);
std::string run_summary_json(
    RunFigures const& figures,
    observe::StatusSnapshot const& status,
    std::vector<observe::SettledWindow> const& windows
);

// Parts that the summary of a replay has too.
std::string windows_text(std::vector<observe::SettledWindow> const& windows);
// The table of strategies and why they bought nothing, a blank line around each.
std::vector<std::string> strategy_lines(observe::StatusSnapshot const& status);
boost::json::array strategies_json(observe::StatusSnapshot const& status);
boost::json::array windows_json(std::vector<observe::SettledWindow> const& windows);

} // namespace polyquant::app
