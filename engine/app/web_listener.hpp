// A server for people and scrapers: plain on the loopback, with TLS and a token beyond it.
#pragma once

#include "connectors/net/server/access.hpp"
#include "connectors/net/server/http_server.hpp"

#include <filesystem>

namespace polyquant::app {

struct WebPlace {
    std::string section; // of the configuration: "metrics"
    std::string address;
    std::int64_t port = 0;
    std::string token_file;
    char const* token_variable = "";
    std::size_t connections_max = 64;
};

struct WebListener {
    std::unique_ptr<net::server::HttpServer> server;
    std::string url; // "http://127.0.0.1:9090"
};

// Reads the token and sets the router's gate. Fault::invalid, naming the keys: no token beyond the
// loopback, or a port that is taken. `authority` is the folder of a certificate authority of our
// own, made when it is needed; clients beyond the loopback are given its ca.pem.
Result<std::shared_ptr<net::server::Access>>
make_access(WebPlace const& place, std::string cookie, std::string login_path);

Result<WebListener> listen_web(
    asio::any_io_executor executor,
    runtime::Clock& clock,
    runtime::Supervisor& supervisor,
    net::server::Router router,
    WebPlace const& place,
    std::filesystem::path const& authority,
    std::function<void(Failure const&)> on_trouble
);

} // namespace polyquant::app
