// Scripted faults as a server carries them out.
#pragma once

#include "connectors/net/server/http_server.hpp"
#include "connectors/sandbox/faults.hpp"
#include "engine/runtime/clock.hpp"

namespace polyquant::sandbox {

// Clock and source outlive the server.
net::server::ReplyFaultHook
reply_faults(Service service, FaultSource& faults, runtime::Clock const& clock);
net::server::MessageFaultHook
message_faults(Service service, FaultSource& faults, runtime::Clock const& clock);

// What the service's servers show to new connections: the usual credentials, or wrong ones while a
// certificate fault is on.
struct ServedCredentials {
    net::server::Credentials usual;
    net::server::Credentials wrong_host;
    net::server::Credentials expired;
    net::server::Credentials unknown_authority;

    // `now` is real time: certificates are checked by the machine's clock.
    static Result<ServedCredentials>
    make(net::server::CertificateAuthority const& authority, UtcTime now);

    net::server::Credentials const&
    of(Service service, FaultSource const& faults, UtcTime venue_now) const;
};

// The venue's time as this service tells it.
UtcTime told_time(Service service, FaultSource const& faults, UtcTime now);

} // namespace polyquant::sandbox
