// `polyquant analyze lookahead|data` and `polyquant parity`: can a result be believed at all?
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace polyquant::app {

// Exit codes: 0 nothing found, 1 look-ahead or differences found, 3 data with findings.
int run_analyze(std::vector<std::string> const& args, std::FILE* out, std::FILE* err);
int run_parity(std::vector<std::string> const& args, std::FILE* out, std::FILE* err);

} // namespace polyquant::app
