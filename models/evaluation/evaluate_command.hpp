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

// `args` without the program and command names. Returns the exit code: 0 done, 1 failed, 2 wrong
// arguments. The report goes to --report, or to `out`; progress and errors go to `err`. Without a
// reader, --bars takes one folder of CSV files.
int run_evaluate_command(
    std::vector<std::string> const& args,
    std::ostream& out,
    std::ostream& err,
    BarReader const& read_bars = {}
);

} // namespace polyquant::models::evaluation
