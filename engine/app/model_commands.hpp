// `polyquant train`, `polyquant models list|show|compare|promote` and `polyquant evaluate`.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace polyquant::app {

// All take the arguments after the command's own name and return an exit code (exit_code.hpp):
// refused promotions and failed trainings are `failed`, damaged models `bad_data`.
int run_train(std::vector<std::string> const& args, std::ostream& out, std::ostream& err);
int run_models(std::vector<std::string> const& args, std::ostream& out, std::ostream& err);
int run_evaluate(std::vector<std::string> const& args, std::ostream& out, std::ostream& err);

} // namespace polyquant::app
