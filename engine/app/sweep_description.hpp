// What makes a sweep, as its store keeps it: a process needs nothing but the store to take part.
#pragma once

#include "engine/backtest/sweep_store.hpp"
#include "engine/report/variant_result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::app {

// As given on the command line.
struct SweepOptions {
    std::filesystem::path store;
    std::vector<std::filesystem::path> configs;
    std::vector<std::string> settings;
    std::vector<std::filesystem::path> bars;
    std::vector<std::filesystem::path> tapes;
    std::string quotes;
    double informed = -1;
    std::filesystem::path latency; // measured; see take_latency()
    std::vector<std::string> assets;
    std::string rule = "twap-60s";
    std::vector<std::string> vary;
    std::string method = "grid";
    std::size_t runs = 100;
    std::uint64_t seed = 1;
    std::string select;
    std::string judge;
    std::size_t best = 5;
    std::string objective = "sharpe";
};

// JSON for the store. Checks the configuration, the quote model and that no day is both selected on
// and judged on.
Result<std::string> describe_sweep(SweepOptions const& options);

struct SweepDescription {
    std::string config; // TOML, the files and --set merged
    std::vector<std::filesystem::path> bars;
    std::vector<std::filesystem::path> tapes;
    std::string quotes;
    std::optional<double> informed;
    std::vector<std::string> assets;
    std::string rule;
    std::int64_t seed = 1;
    std::string select_from;
    std::string select_until;
    std::string judge_from;
    std::string judge_until;
    std::size_t best = 5;
    report::Objective objective = report::Objective::sharpe;
    std::vector<std::vector<std::string>> variants; // settings of each
};

// Fault::invalid for a store without a sweep.
Result<SweepDescription> read_sweep(backtest::SweepStore const& store);

// Where the workers of a store keep their runs.
std::filesystem::path work_folder(std::filesystem::path const& store);

} // namespace polyquant::app
