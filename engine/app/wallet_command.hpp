// polyquant wallet: what is in it, who may take from it, and dollars in their two forms.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace polyquant::app {

int run_wallet(std::vector<std::string> const& args, std::ostream& out, std::ostream& err);

} // namespace polyquant::app
