// `polyquant sandbox`: a venue of one's own, on this machine.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace polyquant::app {

// Arguments after "sandbox". Serves until SIGINT or SIGTERM; returns the exit code.
int run_sandbox(std::vector<std::string> args, std::FILE* out, std::FILE* err);

} // namespace polyquant::app
