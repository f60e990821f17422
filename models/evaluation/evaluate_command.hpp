// `polyquant evaluate`: trains, tests, compares with the market and writes the report.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace polyquant::models::evaluation {

// `args` without the program and command names. Returns the exit code: 0 done, 1 failed, 2 wrong
// arguments. The report goes to --report, or to `out`; progress and errors go to `err`.
int run_evaluate_command(
    std::vector<std::string> const& args, std::ostream& out, std::ostream& err
);

} // namespace polyquant::models::evaluation
