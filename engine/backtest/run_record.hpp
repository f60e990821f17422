// What a run was: the file run.json beside its ledger, written before the run starts and completed
// at its end. Everything a reader needs to judge a result or to repeat it.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/time.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace polyquant::backtest {

enum class QuoteSource : std::uint8_t {
    recorded, // order books of a recording
    fitted,   // bars and the fitted quote model
    toy,      // bars and the baseline's random price
};
std::string_view to_string(QuoteSource source);

struct RunRecord {
    QuoteSource source = QuoteSource::recorded;
    std::string quotes; // in words, the first line of every output
    std::string command;
    std::string config_hash;
    std::string data_hash;
    std::uint64_t seed = 0;
    std::string code_version;
    std::string latency; // in words
    std::string models;  // "walk-forward, ..." or "frozen"
    UtcTime from{};
    UtcTime until{};
    std::uint64_t events = 0;
    bool finished = false;
    // How many variants were tried before this one was looked at, and how their daily Sharpe ratios
    // spread: what the deflated Sharpe ratio needs. One by default: an honest first try.
    std::uint64_t trials = 1;
    double trials_sharpe_sd = 0;
};

std::string to_json(RunRecord const& record);
Result<RunRecord> parse_run_record(std::string_view text, std::string const& where);

// By rename, so that a reader never sees half of it.
Result<void> write_run_record(std::filesystem::path const& directory, RunRecord const& record);
Result<RunRecord> read_run_record(std::filesystem::path const& directory);

} // namespace polyquant::backtest
