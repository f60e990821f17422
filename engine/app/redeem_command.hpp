// polyquant redeem: winnings back into the wallet.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace polyquant::app {

int run_redeem(std::vector<std::string> const& args, std::ostream& out, std::ostream& err);

} // namespace polyquant::app
