// `polyquant transfer RUN --from A --to B AMOUNT`: money moved between two strategies' bankrolls,
// as two facts in the ledger of a run that is not running. The total does not change.
#pragma once

#include "engine/core/time.hpp"
#include "engine/core/units.hpp"

#include <cstdio>
#include <filesystem>
#include <string>

namespace polyquant::app {

struct TransferOptions {
    std::filesystem::path run; // the run's directory
    std::string from;
    std::string to;
    std::string amount; // decimal USDC
    std::string note;
};

// Only free money can be moved: neither shares nor what open orders reserve. Refused while the
// engine runs (it holds the ledger's lock) and for a replay, which makes its facts anew each time.
// Facts that the last process left in its journal are booked first. Returns an exit code.
int run_transfer(TransferOptions const& options, UtcTime now, std::FILE* out, std::FILE* err);

} // namespace polyquant::app
