// `polyquant record`: every feed of a live run onto tapes, without an engine.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace polyquant::app {

int run_record(std::vector<std::string> const& args, std::ostream& out, std::ostream& err);

} // namespace polyquant::app
