// A run's ledger for reading, named by its directory or by the file itself.
#pragma once

#include "engine/ledger/ledger.hpp"

#include <filesystem>

namespace polyquant::app {

// Read-only: a running engine is not disturbed.
Result<ledger::Ledger> open_ledger(std::filesystem::path const& where);

} // namespace polyquant::app
