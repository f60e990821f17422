// HTTP/1.1 over TLS with a small pool of warm connections for each host.
#pragma once

#include "connectors/net/dialer.hpp"
#include "connectors/net/endpoint_groups.hpp"
#include "connectors/net/http_message.hpp"
#include "connectors/net/retry_policy.hpp"

#include <memory>
#include <string>

namespace polyquant::net {

// How far a call got: tells an order that certainly never left from one with an unknown outcome.
struct Exchange {
    bool wrote_any = false; // from here on the venue may have acted
    bool answer_began = false;
    bool reused = false; // on a connection that had served before
    int connections = 0; // 2: a stale pooled connection was replaced
    int attempts = 0;    // by fetch()
};

// One thread; it outlives its calls, as do dialer and groups. Calls may run at the same time; each
// takes a connection of its own. A cancelled or failed call closes its connection, so what is in
// the pool is always between two answers.
//
// Failures besides those of fault_of_status():
//   timeout       at the deadline, or at the limit of a stage
//   transport     lookup, connect, TLS, reset, an answer cut short
//   parse         not HTTP, or above the limits of size
//   breaker_open  not sent: the group's breaker is open, or its rate budget is not free in time
//   invalid       not sent: a malformed request, or a certificate that does not verify
class HttpsClient {
public:
    struct Options {
        std::string user_agent = "polyquant";
        std::size_t connections_per_host = 8;
        Nanos idle_max = Seconds{45}; // below the keep-alive of common load balancers
        std::size_t header_bytes_max = 32 * 1024;
        std::size_t body_bytes_max = 16 * 1024 * 1024; // received, and decompressed
        RetryPolicy retry{};
    };

    HttpsClient(Dialer& dialer, EndpointGroups& groups, Random random, Options options);
    ~HttpsClient();
    HttpsClient(HttpsClient const&) = delete;
    HttpsClient& operator=(HttpsClient const&) = delete;

    // One call; any status is an answer. Ends by `deadline`. Never repeats a request, except that
    // one marked safe_to_repeat, sent on a pooled connection that died before the first byte of
    // the answer, goes once more on a fresh connection.
    Task<Result<HttpResponse>>
    send(HttpRequest request, Instant deadline, Exchange* exchange = nullptr);

    // The usual read: send(), statuses outside 2xx as failures, and the retry policy with its waits
    // (Retry-After included) within the same deadline.
    Task<Result<HttpResponse>>
    fetch(HttpRequest request, Instant deadline, Exchange* exchange = nullptr);

    // Makes sure that a connection is ready before it is needed. Closes those idle for too long.
    Task<Result<void>> warm(Url url, Instant deadline);

    std::size_t idle_connections(Url const& url) const;
    std::size_t busy_connections(Url const& url) const;
    void close_idle();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace polyquant::net
