#pragma once

#include <string>

namespace polyquant::app {

// "0.1.0 (git 4329ab0, clang 19.1.7, Release)". Part of a run's identity: another build is another
// run.
std::string build_info();
std::string code_version(); // "0.1.0+4329ab0"

} // namespace polyquant::app
