// `polyquant quotes`: the quote model of backtests on bars, fitted to recordings and shown.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace polyquant::app {

// Returns the exit code.
int run_quotes(std::vector<std::string> const& args, std::ostream& out, std::ostream& err);

} // namespace polyquant::app
