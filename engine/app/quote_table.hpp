// What asks have been worth, from the file that [learning] quote_table names.
#pragma once

#include "models/calibration/ask_table.hpp"

#include <string>

namespace polyquant::app {

// An empty table for an empty path. Fails with the file and what is wrong with it.
Result<models::calibration::AskTable> read_quote_table(std::string const& path);

} // namespace polyquant::app
