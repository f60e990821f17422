// From a URL to a connection that is ready to speak: lookup, connect, proxy, TLS.
#pragma once

#include "connectors/net/proxy_settings.hpp"
#include "connectors/net/resolver.hpp"
#include "connectors/net/tls_context.hpp"
#include "connectors/net/url.hpp"
#include "connectors/net/wire.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace polyquant::net {

// The most each stage may take. The caller's absolute deadline always holds as well; a stage can
// only be cut shorter.
struct StageLimits {
    Nanos resolve = Seconds{3};
    Nanos connect = Seconds{3}; // all addresses together
    Nanos proxy = Seconds{5};
    Nanos handshake = Seconds{5};
    Nanos write = Seconds{5};
    Nanos read = Seconds{15}; // the whole answer, from the end of the request
};

// Sees what came in, before anything is made of it: bodies of HTTP answers and WebSocket messages.
// `feed` names the endpoint group or connection, `topic` what was asked for.
using FrameTap = std::function<
    void(std::string_view feed, std::string_view topic, std::string_view bytes, UtcTime at)>;

// Sees how long an answered HTTP request took on its connection, lookup, connect and TLS left out.
// `topic` is the method and the first part of the path, so that it names no account and no order.
using RoundTripTap =
    std::function<void(std::string_view feed, std::string_view topic, Nanos took, UtcTime at)>;

class Dialer {
public:
    Dialer(
        asio::any_io_executor executor,
        runtime::Clock& clock,
        Resolver& resolver,
        TlsContext tls,
        ProxySettings proxies = {},
        StageLimits limits = default_limits()
    );

    // Nothing of a request has been sent when this fails.
    Task<Result<std::unique_ptr<Wire>>> dial(Url url, Instant deadline);

    runtime::Clock& clock() const { return clock_; }

    StageLimits const& limits() const { return limits_; }

    asio::any_io_executor const& executor() const { return executor_; }

    // For a recorder without credentials: answers to requests with headers of their own, which may
    // hold secrets, are left out; what a private channel sends is not.
    void set_tap(FrameTap tap) { tap_ = std::move(tap); }

    FrameTap const& tap() const { return tap_; }

    void set_round_trip_tap(RoundTripTap tap) { round_trip_tap_ = std::move(tap); }

    RoundTripTap const& round_trip_tap() const { return round_trip_tap_; }

    Instant stage_end(Nanos limit, Instant deadline) const {
        return std::min(clock_.now() + limit, deadline);
    }

private:
    static StageLimits default_limits() { return {}; }

    Task<Result<std::unique_ptr<Wire>>>
    connect_any(Addresses addresses, std::uint16_t port, std::string where, Instant deadline);

    asio::any_io_executor executor_;
    runtime::Clock& clock_;
    Resolver& resolver_;
    TlsContext tls_;
    ProxySettings proxies_;
    StageLimits limits_;
    FrameTap tap_{};
    RoundTripTap round_trip_tap_{};
};

} // namespace polyquant::net
