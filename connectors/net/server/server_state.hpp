// What the connections of one server share. For the .cpp files of this folder only.
#pragma once

#include "connectors/net/server/http_server.hpp"
#include "connectors/net/wire.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <map>
#include <optional>

namespace polyquant::net::server {

class WsConnection;

struct ServerState {
    asio::any_io_executor executor;
    runtime::Clock& clock;
    runtime::Supervisor& supervisor;
    Router router;
    HttpServer::Options options;
    asio::ip::tcp::acceptor acceptor;
    std::optional<TlsServerContext> tls{};
    std::uint16_t port = 0; // also once the acceptor is closed
    ServerStatistics statistics{};
    std::uint64_t next_connection = 1;
    std::map<std::uint64_t, Wire*> wires{}; // of the connections that live
    std::map<std::uint64_t, std::weak_ptr<WsConnection>> sockets{};
    bool is_closed = false; // its owner has gone: no handler and no service is called any more

    Instant in(Nanos limit) const { return clock.now() + limit; }

    std::string job(std::string_view what, std::uint64_t connection) const {
        return options.name + "." + std::string{what} + " " + std::to_string(connection);
    }

    void report(Failure const& failure) const {
        if (options.on_trouble && !is_closed) options.on_trouble(failure);
    }
};

} // namespace polyquant::net::server
