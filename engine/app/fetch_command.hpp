// `polyquant fetch`: history into files.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace polyquant::app {

int run_fetch(std::vector<std::string> const& args, std::ostream& out, std::ostream& err);

} // namespace polyquant::app
