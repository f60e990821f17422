// `polyquant tape import|info|cat`.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace polyquant::tape {

enum TapeExit : int {
    tape_fine = 0,
    tape_defective = 1, // damage, defects or bad rows; what is good was still used
    tape_usage = 2,     // arguments or files that leave nothing to do
};

// `args` without the program's name and without "tape". Never throws.
int run_tape_command(std::span<std::string const> args, std::ostream& out, std::ostream& err);

} // namespace polyquant::tape
