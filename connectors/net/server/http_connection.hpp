// One accepted connection, from its handshake to its end. For the .cpp files of this folder only.
#pragma once

#include "connectors/net/server/server_state.hpp"

namespace polyquant::net::server {

// The whole life of a connection; never throws.
Task<void> serve_connection(std::shared_ptr<ServerState> state, asio::ip::tcp::socket socket);

} // namespace polyquant::net::server
