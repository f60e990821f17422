#include "engine/core/failure.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>

namespace polyquant {

std::string_view to_string(Fault fault) {
    switch (fault) {
    case Fault::timeout: return "timeout";
    case Fault::cancelled: return "cancelled";
    case Fault::transport: return "transport";
    case Fault::rate_limited: return "rate_limited";
    case Fault::auth: return "auth";
    case Fault::parse: return "parse";
    case Fault::rejected: return "rejected";
    case Fault::breaker_open: return "breaker_open";
    case Fault::invalid: return "invalid";
    case Fault::storage: return "storage";
    }
    std::abort();
}

std::string describe(Failure const& failure) {
    auto text = fmt::format("{} in {}", to_string(failure.fault), failure.where);
    if (!failure.detail.empty()) text += ": " + failure.detail;
    if (failure.http_status != 0) text += fmt::format(" (HTTP {})", failure.http_status);
    return text;
}

void throw_exception_from_error(Failure const& failure, boost::source_location const& where) {
    throw std::logic_error{fmt::format(
        "unchecked failure at {}:{}: {}", where.file_name(), where.line(), describe(failure)
    )};
}

void ensure_failed(char const* condition, char const* message, char const* file, int line) {
    std::fprintf(stderr, "polyquant: bug: %s (%s) at %s:%d\n", message, condition, file, line);
    std::abort();
}

} // namespace polyquant
