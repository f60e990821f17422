// Errors as values, and the three questions every caller asks of one.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace polyquant {

// What the caller must do next, not what went wrong in detail.
enum class Fault : std::uint8_t {
    timeout,
    cancelled,
    transport,
    rate_limited,
    auth,
    parse,
    rejected,
    breaker_open,
    invalid, // our own input, file or configuration: fix it, repeating is useless
    storage, // disk or database: trading halts
};

struct Failure {
    Fault fault = Fault::invalid;
    std::string where;  // "clob.post_order", "scalp.toml:12"
    std::string detail; // our words
    int http_status = 0;
};

// May the same call be made again as it is? True for reads; for orders ask outcome_unknown first.
constexpr bool is_retryable(Fault fault) {
    switch (fault) {
    case Fault::timeout:
    case Fault::transport:
    case Fault::rate_limited: return true;
    case Fault::cancelled:
    case Fault::auth:
    case Fault::parse:
    case Fault::rejected:
    case Fault::breaker_open:
    case Fault::invalid:
    case Fault::storage: return false;
    }
    std::abort();
}

constexpr bool counts_against_breaker(Fault fault) {
    switch (fault) {
    case Fault::timeout:
    case Fault::transport:
    case Fault::rate_limited:
    case Fault::parse: return true;
    case Fault::cancelled:
    case Fault::auth:
    case Fault::rejected:
    case Fault::breaker_open:
    case Fault::invalid:
    case Fault::storage: return false;
    }
    std::abort();
}

// May the venue have acted on a request that "failed"? Such an order is looked up, never re-made.
constexpr bool outcome_unknown(Fault fault) {
    switch (fault) {
    case Fault::timeout:
    case Fault::cancelled:
    case Fault::transport:
    case Fault::rate_limited:
    case Fault::parse: return true;
    case Fault::auth:
    case Fault::rejected:
    case Fault::breaker_open:
    case Fault::invalid:
    case Fault::storage: return false;
    }
    std::abort();
}

std::string_view to_string(Fault fault);
// "timeout in clob.post_order: no answer (HTTP 504)"
std::string describe(Failure const& failure);

// Called by Boost when value() is used on an unchecked failure: a bug of ours.
[[noreturn]] void
throw_exception_from_error(Failure const& failure, boost::source_location const& where);

template <class T>
using Result = boost::system::result<T, Failure>;

[[noreturn]] void
ensure_failed(char const* condition, char const* message, char const* file, int line);

} // namespace polyquant

// A bug of ours, checked in release builds too. The engine's handler stops trading first.
#define ENSURE(condition, message)                                                                 \
    ((condition) ? void(0) : ::polyquant::ensure_failed(#condition, message, __FILE__, __LINE__))
