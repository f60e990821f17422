// One thing the doctor looks at, and what it found.
#pragma once

#include "engine/core/time.hpp"
#include "engine/runtime/task.hpp"

#include <functional>
#include <string>
#include <vector>

namespace polyquant::app {

enum class CheckState : std::uint8_t {
    ok,
    warning, // works, but a trader should know
    failed,  // must be mended before trading
    skipped, // not needed, or impossible because of another failure
};
std::string_view to_string(CheckState state); // "ok", "WARN", "FAIL", "skip"

struct CheckOutcome {
    CheckState state = CheckState::ok;
    std::string detail;
    std::string fix; // what to do about it; empty when ok
};

struct DoctorCheck {
    std::string name;
    // Ends by the deadline. A Failure counts as failed, with `fix`.
    std::function<Task<Result<CheckOutcome>>(Instant deadline)> run;
    std::string fix;
};

struct CheckReport {
    std::string name;
    CheckOutcome outcome;
    Nanos took{0};
};

inline CheckOutcome passed(std::string detail) {
    return {CheckState::ok, std::move(detail), {}};
}

inline CheckOutcome warned(std::string detail, std::string fix) {
    return {CheckState::warning, std::move(detail), std::move(fix)};
}

inline CheckOutcome failed(std::string detail, std::string fix) {
    return {CheckState::failed, std::move(detail), std::move(fix)};
}

inline CheckOutcome skipped(std::string detail) {
    return {CheckState::skipped, std::move(detail), {}};
}

} // namespace polyquant::app
