// HTTP/1.1 and WebSockets on one port, over TLS, or plain on the loopback.
#pragma once

#include "connectors/net/server/certificate_authority.hpp"
#include "connectors/net/server/router.hpp"
#include "connectors/net/server/wire_faults.hpp"
#include "engine/runtime/supervisor.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace polyquant::net::server {

struct ServerState; // its inside

struct ServerLimits {
    std::size_t header_bytes_max = 32 * 1024; // more: 431
    std::size_t body_bytes_max = 1024 * 1024; // more: 413
    std::size_t connections_max = 512;        // more are closed at once
    Nanos handshake = Seconds{5};
    Nanos request = Seconds{10}; // from its first byte to its last; longer: 408
    Nanos idle = Seconds{75};    // between two requests
    Nanos handler = Seconds{30}; // longer: 504
    Nanos write = Seconds{10};   // one answer, or one WebSocket message
};

struct ServerStatistics {
    std::uint64_t connections = 0; // accepted so far
    std::uint64_t refused = 0;     // above connections_max
    std::uint64_t handshakes_failed = 0;
    std::uint64_t requests = 0;
    std::uint64_t faults = 0;  // scripted ones that were carried out
    std::uint64_t open = 0;    // connections now
    std::uint64_t sockets = 0; // upgraded ones now
};

// One thread; clock and supervisor outlive it. Every connection is a job of the supervisor in the
// stage of the options and ends when that stage is stopped: idle ones at once, WebSockets with 1001
// to the client, calls in progress with the connection.
class HttpServer {
public:
    struct Options {
        std::string name = "http"; // in the names of jobs and failures
        std::string address = "127.0.0.1";
        std::uint16_t port = 0;                   // 0: the system chooses
        std::optional<Credentials> credentials{}; // without: plain, which only the loopback may be
        ServerLimits limits{};
        runtime::Stage stage = runtime::Stage::close;
        ReplyFaultHook reply_fault{};
        MessageFaultHook message_fault{};
        // What a handler threw, and what else the owner of the server should know.
        std::function<void(Failure const&)> on_trouble{};
    };

    // Listens when it returns. Fault::invalid: address or credentials; Fault::transport: the port
    // is taken.
    static Result<std::unique_ptr<HttpServer>> listen(
        asio::any_io_executor executor,
        runtime::Clock& clock,
        runtime::Supervisor& supervisor,
        Router router,
        Options options
    );
    ~HttpServer(); // closes everything without waiting
    HttpServer(HttpServer const&) = delete;
    HttpServer& operator=(HttpServer const&) = delete;

    std::uint16_t port() const;
    // "https://127.0.0.1:4711" or "http://..."
    std::string origin() const;
    // For connections made from now on.
    Result<void> switch_credentials(Credentials const& credentials);
    // Resets every connection, as a crashing load balancer does.
    void reset_all();

    ServerStatistics const& statistics() const;

private:
    explicit HttpServer(std::shared_ptr<ServerState> state);
    std::shared_ptr<ServerState> state_;
};

} // namespace polyquant::net::server
