// `polyquant evaluate`: trains, tests, compares with the market and writes the report.
#pragma once

#include "models/window/window_dataset.hpp"

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace polyquant::models::evaluation {

// Reads what --bars names into bars of every coin.
using BarReader =
    std::function<Result<window::AssetBars>(std::vector<std::filesystem::path> const&)>;

// What the program around it lends the command; each may be missing.
struct EvaluateHooks {
    BarReader read_bars; // else --bars takes one folder of CSV files
    // As in EvaluationOptions: several cores, and where the progress is shown.
    std::function<void(std::size_t n, std::function<void(std::size_t)> const& job)> run_jobs;
    std::function<void(std::size_t done, std::size_t of)> progress;
};

// `args` without the program and command names. Returns the exit code: 0 done, 1 failed, 2 wrong
// arguments. The report goes to --report, or to `out`; progress and errors go to `err`.
int run_evaluate_command(
    std::vector<std::string> const& args,
    std::ostream& out,
    std::ostream& err,
    EvaluateHooks const& hooks = {}
);

} // namespace polyquant::models::evaluation
