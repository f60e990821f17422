// `polyquant sweep`: many variants of one backtest, by independent processes over one SQLite store.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace polyquant::app {

// Returns the exit code.
int run_sweep(std::vector<std::string> const& args, std::FILE* out, std::FILE* err);

// `polyquant report STORE` of a sweep.
int report_sweep(
    std::string const& store, std::string const& to, bool json, std::FILE* out, std::FILE* err
);

} // namespace polyquant::app
