// `polyquant analyze latency`: how long the outside world took, as recordings measured it.
#pragma once

#include <cstdio>
#include <filesystem>
#include <vector>

namespace polyquant::app {

// Round trips by path, delays of the feeds, and the lines of [simulated] that draw from them.
// Returns the exit code.
int analyze_latency(
    std::vector<std::filesystem::path> const& inputs, std::FILE* out, std::FILE* err
);

} // namespace polyquant::app
