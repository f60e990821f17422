#include "connectors/sandbox/faults.hpp"

#include <algorithm>
#include <array>

namespace polyquant::sandbox {

namespace {

constexpr std::array<std::string_view, service_count> service_names{
    "gamma",
    "clob",
    "clob_stream",
    "data_api",
    "polybolt",
    "rtds",
    "website",
    "binance_rest",
    "binance_stream",
};

constexpr std::array<std::string_view, fault_kind_count> kind_names{
    "hang_before",    "accept_then_time_out", "accept_then_reset", "hang_during",
    "hang_after",     "reset_before",         "reset_during",      "drip",
    "server_error",   "rate_limit",           "garbage",           "truncated_json",
    "unknown_fields", "freeze_topic",         "duplicate",         "reorder",
    "lose",           "reset_socket",         "wrong_hash",        "wrong_host",
    "expired",        "unknown_authority",    "clock_offset",      "match_then_fail",
    "resolve_late",   "resolve_flipped",      "resolve_reversed",  "resolve_half",
    "resolve_void",   "resolve_disputed",     "wrong_strike",      "restart",
};

// The index of a name is the value of its enumerator.
template <class Enum, std::size_t size>
std::optional<Enum>
find_name(std::array<std::string_view, size> const& names, std::string_view name) {
    auto const found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Enum>(found - names.begin());
}

} // namespace

std::string_view to_string(Service service) {
    return service_names.at(static_cast<std::size_t>(service));
}

std::optional<Service> parse_service(std::string_view name) {
    return find_name<Service>(service_names, name);
}

std::string_view to_string(FaultKind kind) {
    return kind_names.at(static_cast<std::size_t>(kind));
}

std::optional<FaultKind> parse_fault_kind(std::string_view name) {
    return find_name<FaultKind>(kind_names, name);
}

} // namespace polyquant::sandbox
