// Two kinds of time that do not convert into each other except through a Clock.
#pragma once

#include "engine/core/failure.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace polyquant {

using namespace std::chrono_literals;

using Nanos = std::chrono::nanoseconds;
using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

// Steady time, for deadlines and durations only.
using Instant = std::chrono::steady_clock::time_point;

// Wall time, for events and market windows.
using UtcTime = std::chrono::time_point<std::chrono::system_clock, Nanos>;

constexpr UtcTime utc_from_seconds(std::int64_t s) {
    return UtcTime{Seconds{s}};
}

constexpr UtcTime utc_from_millis(std::int64_t ms) {
    return UtcTime{Millis{ms}};
}

constexpr std::int64_t unix_seconds(UtcTime t) {
    return std::chrono::floor<Seconds>(t.time_since_epoch()).count();
}

constexpr std::int64_t unix_millis(UtcTime t) {
    return std::chrono::floor<Millis>(t.time_since_epoch()).count();
}

constexpr std::int64_t unix_nanos(UtcTime t) {
    return t.time_since_epoch().count();
}

// "2026-04-14T00:05:00Z", with milliseconds only where they are not zero.
std::string format_utc(UtcTime t);
// Accepts "YYYY-MM-DDTHH:MM[:SS[.fraction]]" followed by Z or +-HH:MM, "YYYY-MM-DD" (midnight UTC),
// and a blank instead of the T. Anything without a zone is refused unless it is a plain date.
Result<UtcTime> parse_utc(std::string_view text);

} // namespace polyquant
