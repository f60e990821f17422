// Reading commands over a run's ledger: `polyquant trades`, `status`, `export`, `check`.
#pragma once

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

namespace polyquant::app {

// All take the run's directory or the ledger file itself, open it read-only beside a running
// engine, and return an exit code.
int run_status(std::filesystem::path const& where, std::FILE* out, std::FILE* err);
int run_trades(
    std::filesystem::path const& where,
    std::optional<std::string> const& strategy,
    std::FILE* out,
    std::FILE* err
);
int run_export(
    std::filesystem::path const& where,
    std::filesystem::path const& csv,
    std::FILE* out,
    std::FILE* err
);
int run_check(std::filesystem::path const& where, std::FILE* out, std::FILE* err);

} // namespace polyquant::app
