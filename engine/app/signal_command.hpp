// `polyquant signal`: the pipeline without orders over recorded time, one audit row a coin and
// window.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace polyquant::app {

// Takes the arguments after the command's own name and returns an exit code (exit_code.hpp).
int run_signal(std::vector<std::string> const& args, std::ostream& out, std::ostream& err);

} // namespace polyquant::app
