// From a URL to a connection that is ready to speak: lookup, connect, proxy, TLS.
#pragma once

#include "connectors/net/proxy_settings.hpp"
#include "connectors/net/resolver.hpp"
#include "connectors/net/tls_context.hpp"
#include "connectors/net/url.hpp"
#include "connectors/net/wire.hpp"

#include <memory>

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
};

} // namespace polyquant::net
