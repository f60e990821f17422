// Configuration files with single keys laid over them: "risk.kill_switch=3", "strategy.s1.bet=2".
#pragma once

#include "config/run_config.hpp"

#include <filesystem>
#include <span>
#include <string>

namespace polyquant::app {

// A setting is SECTION.KEY=VALUE or strategy.NAME.KEY=VALUE with the value as it stands in a file;
// text may come without quotes. All problems at once, those of settings with their own text.
config::Loaded load_with_settings(
    std::span<std::filesystem::path const> files, std::span<std::string const> settings
);

} // namespace polyquant::app
