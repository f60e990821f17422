// A process that makes a sweep's runs, one after another, until none is open. Any number of them
// work on one store.
#pragma once

#include "engine/backtest/sweep_store.hpp"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace polyquant::app {

Result<void> work_on_sweep(std::filesystem::path const& store, backtest::SweepStage stage);

// `polyquant sweep-worker STORE selection|verdict`, as the coordinator starts it.
int run_sweep_worker(std::vector<std::string> const& args, std::FILE* err);

} // namespace polyquant::app
