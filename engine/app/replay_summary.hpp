// What a finished replay says: windows, money, reasons, where everything is.
#pragma once

#include "engine/observe/status_text.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace polyquant::app {

struct ReplayFigures {
    UtcTime start{};
    UtcTime end{};
    std::uint64_t events = 0;
    double real_seconds = 0;
    std::uint64_t facts = 0;
    std::uint64_t records = 0;  // in the journal
    std::uint64_t compared = 0; // of them found there and equal
    std::size_t unsettled = 0;  // positions nobody could settle: shown, never dropped
    std::filesystem::path directory;
    int exit_code = 0;
};

std::vector<std::string> replay_summary(
    ReplayFigures const& figures,
    observe::StatusSnapshot const& status,
    std::vector<observe::SettledWindow> const& windows
);
std::string replay_summary_json(
    ReplayFigures const& figures,
    observe::StatusSnapshot const& status,
    std::vector<observe::SettledWindow> const& windows
);

} // namespace polyquant::app
