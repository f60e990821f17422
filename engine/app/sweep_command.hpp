// `polyquant sweep`: many variants of one backtest, by independent processes over one SQLite store.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace polyquant::app {

// Return exit codes. The worker is what the command starts; it may be started by hand, too, to help
// with a sweep from another terminal.
int run_sweep(std::vector<std::string> const& args, std::FILE* out, std::FILE* err);
int run_sweep_worker(std::vector<std::string> const& args, std::FILE* err);

// `polyquant report STORE` of a sweep.
int report_sweep(
    std::string const& store, std::string const& to, bool json, std::FILE* out, std::FILE* err
);

} // namespace polyquant::app
