#include "connectors/net/server/http_server.hpp"

#include "connectors/net/server/http_connection.hpp"
#include "connectors/net/server/ws_connection.hpp"
#include "connectors/net/url.hpp"
#include "engine/runtime/deadline.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>

namespace polyquant::net::server {

using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr Nanos goodbye_max = Millis{500};
constexpr Nanos look_every = Millis{10};
// Out of file descriptors and the like: accepting at once again would spin.
constexpr Nanos accept_pause = Millis{50};

Result<tcp::acceptor>
bound(asio::any_io_executor const& executor, std::string const& address, std::uint16_t port) {
    error_code error;
    auto const ip = asio::ip::make_address(address, error);
    if (error) return Failure{Fault::invalid, "listen", "'" + address + "' is no address"};
    tcp::acceptor acceptor{executor};
    tcp::endpoint const endpoint{ip, port};
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (!error) return acceptor;
    return Failure{
        Fault::transport,
        "listen",
        address + ":" + std::to_string(port) + ": " + error.message() +
            (port != 0 ? "; is another server running on this port?" : "")
    };
}

Task<void> accept_all(std::shared_ptr<ServerState> state) {
    auto& statistics = state->statistics;
    while (!state->is_closed) {
        error_code error;
        auto socket =
            co_await state->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        auto const stop = co_await asio::this_coro::cancellation_state;
        if (state->is_closed || stop.cancelled() != asio::cancellation_type::none) co_return;
        if (error) {
            if (!co_await state->clock.wait_until(state->in(accept_pause))) co_return;
            continue;
        }
        ++statistics.connections;
        if (statistics.open >= state->options.limits.connections_max) {
            ++statistics.refused;
            continue; // closed by its destructor
        }
        auto const name = state->job("connection", state->next_connection);
        state->supervisor.start_job(
            state->options.stage, name, serve_connection(state, std::move(socket))
        );
    }
}

// Clients are told; then there is a moment for the closing handshakes.
Task<Result<void>> say_goodbye(std::weak_ptr<ServerState> weak) {
    auto const state = weak.lock();
    if (!state || state->is_closed) co_return Result<void>{};
    error_code ignored;
    state->acceptor.close(ignored);
    for (auto const& [id, socket] : state->sockets)
        if (auto const peer = socket.lock()) peer->close(1001, "the server is stopping");
    auto const end = state->in(goodbye_max);
    while (!state->sockets.empty() && state->clock.now() < end)
        if (!co_await state->clock.wait_until(state->in(look_every))) break;
    co_return Result<void>{};
}

} // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::listen(
    asio::any_io_executor executor,
    runtime::Clock& clock,
    runtime::Supervisor& supervisor,
    Router router,
    Options options
) {
    std::optional<TlsServerContext> tls;
    if (options.credentials) {
        auto made = TlsServerContext::create(
            options.credentials->certificate_pem, options.credentials->key_pem
        );
        if (!made) return made.error();
        tls = std::move(*made);
    } else if (!is_loopback(options.address)) {
        return Failure{
            Fault::invalid, "listen", options.address + " is not the loopback: it needs TLS"
        };
    }
    auto acceptor = bound(executor, options.address, options.port);
    if (!acceptor) return acceptor.error();
    auto const state = std::make_shared<ServerState>(ServerState{
        executor,
        clock,
        supervisor,
        std::move(router),
        std::move(options),
        std::move(*acceptor),
        std::move(tls)
    });
    error_code ignored;
    state->port = state->acceptor.local_endpoint(ignored).port();
    auto const stage = state->options.stage;
    auto const name = state->options.name;
    if (!supervisor.start_job(stage, name + ".accept", accept_all(state))) {
        return Failure{Fault::cancelled, "listen", "the program is stopping"};
    }
    std::weak_ptr<ServerState> const weak = state;
    supervisor.on_stop(stage, name + ".goodbye", [weak] { return say_goodbye(weak); });
    return std::unique_ptr<HttpServer>{new HttpServer{state}};
}

HttpServer::HttpServer(std::shared_ptr<ServerState> state) : state_{std::move(state)} {}

HttpServer::~HttpServer() {
    state_->is_closed = true;
    error_code ignored;
    state_->acceptor.close(ignored);
    for (auto const& [id, wire] : state_->wires)
        wire->close();
}

std::uint16_t HttpServer::port() const {
    return state_->port;
}

std::string HttpServer::origin() const {
    auto const& address = state_->options.address;
    auto const host = address.find(':') == std::string::npos ? address : "[" + address + "]";
    return (state_->tls ? "https://" : "http://") + host + ":" + std::to_string(port());
}

Result<void> HttpServer::switch_credentials(Credentials const& credentials) {
    ENSURE(state_->tls.has_value(), "a plain server has no credentials");
    auto made = TlsServerContext::create(credentials.certificate_pem, credentials.key_pem);
    if (!made) return made.error();
    state_->tls = std::move(*made);
    return Result<void>{};
}

void HttpServer::reset_all() {
    for (auto const& [id, wire] : state_->wires)
        wire->reset();
}

ServerStatistics const& HttpServer::statistics() const {
    return state_->statistics;
}

} // namespace polyquant::net::server
