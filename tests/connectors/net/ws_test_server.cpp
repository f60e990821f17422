#include "tests/connectors/net/ws_test_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <sstream>

namespace polyquant::net::testing {

namespace ssl = boost::asio::ssl;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

void start(asio::any_io_executor const& executor, Task<void> task) {
    asio::co_spawn(executor, std::move(task), [](std::exception_ptr const&) {});
}

class SocketPeer final : public WsPeer {
public:
    SocketPeer(tcp::socket socket, ssl::context& context) : ws_{std::move(socket), context} {}

    Task<void> upgrade() {
        co_await ws_.next_layer().async_handshake(ssl::stream_base::server, asio::use_awaitable);
        websocket::permessage_deflate compression;
        compression.server_enable = true;
        ws_.set_option(compression);
        ws_.control_callback([this](websocket::frame_type kind, beast::string_view) {
            if (kind == websocket::frame_type::pong) ++pongs_;
        });
        beast::flat_buffer buffer;
        beast::http::request<beast::http::string_body> request;
        co_await beast::http::async_read(ws_.next_layer(), buffer, request, asio::use_awaitable);
        std::ostringstream text;
        text << request.base();
        request_ = text.str();
        co_await ws_.async_accept(request, asio::use_awaitable);
    }

    std::string const& upgrade_request() const override { return request_; }

    Task<std::optional<std::string>> read() override {
        beast::flat_buffer buffer;
        error_code error;
        co_await ws_.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return std::nullopt;
        co_return beast::buffers_to_string(buffer.data());
    }

    Task<void> write(std::string text) override {
        co_await ws_.async_write(asio::buffer(text), asio::use_awaitable);
    }

    Task<void> ping(std::string payload) override {
        websocket::ping_data const data{payload};
        co_await ws_.async_ping(data, asio::use_awaitable);
    }

    Task<std::vector<std::string>> hang() override {
        std::vector<std::string> seen;
        for (;;) {
            auto text = co_await read();
            if (!text) co_return seen;
            seen.push_back(std::move(*text));
        }
    }

    Task<void> freeze() override {
        asio::steady_timer never{ws_.get_executor(), asio::steady_timer::time_point::max()};
        co_await never.async_wait(asio::use_awaitable);
    }

    Task<void> close(std::uint16_t code, std::string reason) override {
        websocket::close_reason const why{static_cast<websocket::close_code>(code), reason};
        co_await ws_.async_close(why, asio::use_awaitable);
    }

    void reset() override {
        auto& socket = ws_.next_layer().next_layer();
        error_code ignored;
        socket.set_option(asio::socket_base::linger{true, 0}, ignored);
        socket.close(ignored);
    }

    int pongs() const override { return pongs_; }

private:
    websocket::stream<ssl::stream<tcp::socket>> ws_;
    std::string request_;
    int pongs_ = 0;
};

} // namespace

struct WsTestServer::State {
    tcp::acceptor acceptor;
    ssl::context context;
    Script script;
    int connections = 0;

    static Task<void> accept(std::shared_ptr<State> state) {
        for (;;) {
            auto socket = co_await state->acceptor.async_accept(asio::use_awaitable);
            ++state->connections;
            socket.set_option(tcp::no_delay{true});
            start(socket.get_executor(), serve(state, std::move(socket)));
        }
    }

    static Task<void> serve(std::shared_ptr<State> state, tcp::socket socket) {
        SocketPeer peer{std::move(socket), state->context};
        co_await peer.upgrade();
        co_await state->script(peer);
    }
};

WsTestServer::WsTestServer(asio::io_context& io, Credentials const& credentials, Script script)
    : state_{std::make_shared<State>(
          tcp::acceptor{io, {asio::ip::address_v4::loopback(), 0}},
          ssl::context{ssl::context::tls_server},
          std::move(script)
      )} {
    state_->context.use_certificate_chain(asio::buffer(credentials.certificate_pem));
    state_->context.use_private_key(asio::buffer(credentials.key_pem), ssl::context::pem);
    start(io.get_executor(), State::accept(state_));
}

WsTestServer::~WsTestServer() {
    error_code ignored;
    state_->acceptor.close(ignored);
}

std::uint16_t WsTestServer::port() const {
    return state_->acceptor.local_endpoint().port();
}

int WsTestServer::connections() const {
    return state_->connections;
}

} // namespace polyquant::net::testing
