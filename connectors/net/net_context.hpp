// What every client of the outside world is made with, so that they share connections, rate budgets
// and breakers.
#pragma once

#include "connectors/net/https_client.hpp"
#include "connectors/net/jitter.hpp"
#include "engine/runtime/supervisor.hpp"

namespace polyquant::net {

// All outlive their users; one thread.
struct NetContext {
    asio::any_io_executor executor;
    runtime::Clock& clock;
    runtime::Supervisor& supervisor;
    Dialer& dialer;
    EndpointGroups& groups; // each client adds its own groups when it is made
    HttpsClient& https;
    Random random;
};

} // namespace polyquant::net
