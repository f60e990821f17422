// `polyquant tape` as a program of its own, for making and looking into tapes while nothing else
// of the engine is built.
#include "connectors/tape/tape_command.hpp"

#include <iostream>
#include <vector>

int main(int argc, char** argv) {
    std::vector<std::string> const args(argv + 1, argv + argc);
    return polyquant::tape::run_tape_command(args, std::cout, std::cerr);
}
