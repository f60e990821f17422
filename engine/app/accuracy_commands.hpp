// Promises against outcomes out of a run's ledger: `polyquant verdict` and `polyquant asks`.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace polyquant::app {

struct VerdictOptions {
    std::filesystem::path run; // the run's directory, or its ledger file
    std::string until;         // UTC time; empty: the end of the ledger
    int days = 7;
    int bets_min = 50;
    double edge_min = 0.03;
    bool json = false;
};

// "trade" or "do not trade" for every coin with its edge, then the calibration of every strategy.
int run_verdict(VerdictOptions const& options, std::FILE* out, std::FILE* err);

struct AskTableOptions {
    std::vector<std::filesystem::path> runs;
    std::filesystem::path seed; // a table to start from; empty: none
    std::filesystem::path to;   // empty: print
};

// The table P(win by ask and time left), learned from the windows of these ledgers.
int run_asks(AskTableOptions const& options, std::FILE* out, std::FILE* err);

} // namespace polyquant::app
