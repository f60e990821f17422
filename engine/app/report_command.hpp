// `polyquant report`: a stored run as terminal summary, JSON, CSV and one self-contained page.
#pragma once

#include "engine/core/failure.hpp"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace polyquant::app {

// Writes report.json, report.html, trades.csv and orders.csv into `to`, each by rename.
Result<void> write_report(std::filesystem::path const& run, std::filesystem::path const& to);

// Returns the exit code.
int run_report(std::vector<std::string> const& args, std::FILE* out, std::FILE* err);

} // namespace polyquant::app
