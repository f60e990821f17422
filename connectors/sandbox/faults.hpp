// The faults a sandbox can be told to commit: their names in a script, and which part carries them
// out.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/time.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace polyquant::sandbox {

// The services, each on a port of its own; the names are those of config::EndpointParams.
enum class Service : std::uint8_t {
    gamma,
    clob,
    clob_stream,
    data_api,
    polybolt,
    rtds,
    website,
    binance_rest,
    binance_stream,
};
inline constexpr std::size_t service_count = 9;
std::string_view to_string(Service service);
std::optional<Service> parse_service(std::string_view name);

enum class FaultKind : std::uint8_t {
    // Replies, by the server.
    hang_before,
    accept_then_time_out, // the handler acts (an order rests or fills), its answer never comes
    accept_then_reset,    // the same, and the connection is reset
    hang_during,
    hang_after,
    reset_before,
    reset_during,
    drip,
    server_error, // status=500 (default), 502, 503, 504
    rate_limit,   // 429 with Retry-After
    garbage,
    truncated_json,
    unknown_fields,
    // Messages of a WebSocket, by the server.
    freeze_topic, // a healthy socket on which this topic stays silent
    duplicate,
    reorder,
    lose,
    reset_socket,
    wrong_hash, // of a book
    // Certificates of new connections, by the server.
    wrong_host,
    expired,
    unknown_authority,
    // Time, by every service that tells it.
    clock_offset, // offset=-5s
    // The exchange, by the world.
    match_then_fail,  // a trade goes MATCHED, then FAILED instead of MINED
    resolve_late,     // delay=10m
    resolve_flipped,  // the other side is announced as the winner
    resolve_reversed, // the other side is announced, and taken back after `delay`: the true one
                      // pays
    resolve_half,     // paid half and half
    resolve_void,     // closed without a winner; paid half and half after `delay`
    resolve_disputed, // the oracle's answer is challenged for `delay`
    wrong_strike,     // the catalogue publishes a priceToBeat 10 bps above the oracle's
    restart,          // 425 for its time, then the post-only phase
};
inline constexpr std::size_t fault_kind_count = 32;
std::string_view to_string(FaultKind kind);
std::optional<FaultKind> parse_fault_kind(std::string_view name);

// What a fault is asked about. Empty fields are those that have no meaning for it.
struct FaultSubject {
    Service service = Service::clob;
    std::string_view method{}; // "POST"
    std::string_view path{};   // "/order", without the query
    std::string_view topic{}; // of a message, a market's slug or an asset for the exchange's faults
};

// The numbers of one line of the script.
struct FaultDetail {
    int status = 500;
    Nanos retry_after = Seconds{5};
    Nanos offset{0};               // clock_offset: added to what is told
    Nanos delay = Seconds{60};     // resolve_*: how long
    Nanos drip_every = Millis{50}; // drip: per byte
    Nanos remaining{0};            // until the line of the script is over; zero: unlimited
};

// What the world's parts ask at the moment they are about to act; null never comes: a world without
// faults has a source that always answers no.
class FaultSource {
public:
    virtual ~FaultSource() = default;

    // Is this fault on for this subject now? Each yes counts against the line's count.
    virtual std::optional<FaultDetail>
    strike(FaultKind kind, FaultSubject const& subject, UtcTime now) = 0;
    // The same without counting: phases such as restart and clock_offset.
    virtual std::optional<FaultDetail>
    active(FaultKind kind, FaultSubject const& subject, UtcTime now) const = 0;
};

class NoFaults final : public FaultSource {
public:
    std::optional<FaultDetail> strike(FaultKind, FaultSubject const&, UtcTime) override {
        return std::nullopt;
    }

    std::optional<FaultDetail> active(FaultKind, FaultSubject const&, UtcTime) const override {
        return std::nullopt;
    }
};

} // namespace polyquant::sandbox
