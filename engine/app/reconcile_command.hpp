// `polyquant reconcile`: a run's ledger against itself, its archive, and what everybody else says
// of the account.
#pragma once

#include <cstdio>
#include <filesystem>
#include <optional>
#include <vector>

namespace polyquant::app {

struct ReconcileOptions {
    std::optional<std::filesystem::path> where;   // a run's directory or its ledger
    std::vector<std::filesystem::path> configs;   // for the directory where none is given
    std::optional<std::filesystem::path> sandbox; // of the account: running, or ended
    bool json = false;
};

// 0: every cent is explained. 1: one is not, and its row is named. 2: bad input.
int run_reconcile(ReconcileOptions const& options, std::FILE* out, std::FILE* err);

} // namespace polyquant::app
