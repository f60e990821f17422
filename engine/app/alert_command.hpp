// `polyquant alert test`: does a message reach the people it is for?
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace polyquant::app {

// `alert test CONFIG... [--channel NAME] [--json]`: one message through each configured channel,
// with what became of it. Exit codes: 0 all arrived, 1 one did not, 2 nothing is configured.
int run_alert(std::vector<std::string> const& args, std::ostream& out, std::ostream& err);

} // namespace polyquant::app
