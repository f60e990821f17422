// What the process tells the shell. Documented in the README; scripts depend on the numbers.
#pragma once

namespace polyquant::app {

enum class ExitCode : int {
    ok = 0,
    failed = 1,       // a bug or an unexpected failure; the message says which
    usage = 2,        // command line or configuration; nothing was started
    bad_data = 3,     // input damaged: what was readable was used, the rest reported
    halted = 4,       // a safety rule stopped trading for good
    storage = 5,      // journal or ledger could not be written
    interrupted = 130 // SIGINT or SIGTERM, stopped in order
};

constexpr int code(ExitCode e) {
    return static_cast<int>(e);
}

} // namespace polyquant::app
