// `polyquant keys create|import|list|derive-api`.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace polyquant::app {

// Takes the arguments after "keys" and returns an exit code. Never prints a key or a secret.
int run_keys(std::vector<std::string> const& args, std::ostream& out, std::ostream& err);

} // namespace polyquant::app
