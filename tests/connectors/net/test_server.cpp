#include "tests/connectors/net/test_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <charconv>

namespace polyquant::net::testing {

namespace ssl = boost::asio::ssl;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

// A script that fails because its client went away is part of the test.
void start(asio::any_io_executor const& executor, Task<void> task) {
    asio::co_spawn(executor, std::move(task), [](std::exception_ptr const&) {});
}

std::size_t body_size_of(std::string_view head) {
    auto const at = head.find("Content-Length: ");
    if (at == std::string_view::npos) return 0;
    std::size_t size = 0;
    std::from_chars(head.data() + at + 16, head.data() + head.size(), size);
    return size;
}

Task<void> copy(std::shared_ptr<tcp::socket> from, std::shared_ptr<tcp::socket> to) {
    std::array<char, 4096> chunk;
    for (;;) {
        error_code error;
        auto const got = co_await from->async_read_some(
            asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, error)
        );
        if (error) break;
        co_await asio::async_write(
            *to,
            asio::const_buffer{chunk.data(), got},
            asio::redirect_error(asio::use_awaitable, error)
        );
        if (error) break;
    }
    error_code ignored;
    to->shutdown(tcp::socket::shutdown_send, ignored);
}

class SocketPeer final : public Peer {
public:
    SocketPeer(tcp::socket socket, std::shared_ptr<ssl::context> context)
        : socket_{std::make_shared<tcp::socket>(std::move(socket))}, context_{std::move(context)} {
        if (context_) tls_.emplace(*socket_, *context_);
    }

    Task<void> handshake() {
        if (tls_) co_await tls_->async_handshake(ssl::stream_base::server, asio::use_awaitable);
    }

    Task<std::optional<std::string>> read_request() override {
        while (buffer_.find("\r\n\r\n") == std::string::npos)
            if (!co_await fill()) co_return std::nullopt;
        auto const head_size = buffer_.find("\r\n\r\n") + 4;
        auto const size = head_size + body_size_of(std::string_view{buffer_}.substr(0, head_size));
        while (buffer_.size() < size)
            if (!co_await fill()) co_return std::nullopt;
        auto request = buffer_.substr(0, size);
        buffer_.erase(0, size);
        co_return request;
    }

    Task<void> write(std::string bytes) override {
        if (tls_)
            co_await asio::async_write(*tls_, asio::buffer(bytes), asio::use_awaitable);
        else
            co_await asio::async_write(*socket_, asio::buffer(bytes), asio::use_awaitable);
    }

    Task<void> hang() override {
        for (;;) {
            auto const more = co_await fill();
            if (!more) co_return;
            buffer_.clear();
        }
    }

    void reset() override {
        error_code ignored;
        socket_->set_option(asio::socket_base::linger{true, 0}, ignored);
        socket_->close(ignored);
    }

    Task<void> close() override {
        error_code ignored;
        if (tls_) {
            co_await tls_->async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
        }
        socket_->shutdown(tcp::socket::shutdown_send, ignored);
        socket_->close(ignored);
    }

    Task<void> tunnel_to(std::uint16_t port) override {
        auto const far = std::make_shared<tcp::socket>(socket_->get_executor());
        tcp::endpoint const endpoint{asio::ip::address_v4::loopback(), port};
        co_await far->async_connect(endpoint, asio::use_awaitable);
        far->set_option(tcp::no_delay{true});
        start(socket_->get_executor(), copy(far, socket_));
        co_await copy(socket_, far);
    }

private:
    Task<bool> fill() {
        std::array<char, 4096> chunk;
        error_code error;
        std::size_t got = 0;
        if (tls_)
            got = co_await tls_->async_read_some(
                asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, error)
            );
        else
            got = co_await socket_->async_read_some(
                asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, error)
            );
        buffer_.append(chunk.data(), got);
        co_return !error;
    }

    std::shared_ptr<tcp::socket> socket_;
    std::shared_ptr<ssl::context> context_;
    std::optional<ssl::stream<tcp::socket&>> tls_;
    std::string buffer_;
};

} // namespace

struct TestServer::State {
    tcp::acceptor acceptor;
    std::shared_ptr<ssl::context> context;
    Script script;
    int connections = 0;
    bool hangs_handshakes = false;
    int hung = 0;

    static Task<void> accept(std::shared_ptr<State> state) {
        for (;;) {
            auto socket = co_await state->acceptor.async_accept(asio::use_awaitable);
            ++state->connections;
            socket.set_option(tcp::no_delay{true});
            start(socket.get_executor(), serve(state, std::move(socket)));
        }
    }

    static Task<void> serve(std::shared_ptr<State> state, tcp::socket socket) {
        auto const silent = state->hangs_handshakes;
        if (silent) {
            co_await socket.async_wait(tcp::socket::wait_read, asio::use_awaitable);
            ++state->hung;
        }
        SocketPeer peer{std::move(socket), silent ? nullptr : state->context};
        if (silent) {
            co_await peer.hang();
            co_return;
        }
        co_await peer.handshake();
        co_await state->script(peer);
    }
};

TestServer::TestServer(asio::io_context& io, std::optional<Credentials> credentials, Script script)
    : state_{std::make_shared<State>(
          tcp::acceptor{io, {asio::ip::address_v4::loopback(), 0}}, nullptr, std::move(script)
      )} {
    if (credentials) {
        state_->context = std::make_shared<ssl::context>(ssl::context::tls_server);
        state_->context->use_certificate_chain(asio::buffer(credentials->certificate_pem));
        state_->context->use_private_key(asio::buffer(credentials->key_pem), ssl::context::pem);
    }
    start(io.get_executor(), State::accept(state_));
}

TestServer::~TestServer() {
    error_code ignored;
    state_->acceptor.close(ignored);
}

std::uint16_t TestServer::port() const {
    return state_->acceptor.local_endpoint().port();
}

int TestServer::connections() const {
    return state_->connections;
}

void TestServer::hang_handshakes() {
    state_->hangs_handshakes = true;
}

int TestServer::hung_handshakes() const {
    return state_->hung;
}

std::string http_answer(int status, std::string_view headers, std::string_view body) {
    return fmt::format(
        "HTTP/1.1 {} Test\r\n{}Content-Length: {}\r\n\r\n{}", status, headers, body.size(), body
    );
}

} // namespace polyquant::net::testing
