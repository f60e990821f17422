#include "connectors/net/wire.hpp"

#include "connectors/net/tls_native.hpp"
#include "connectors/net/url.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cerrno>
#include <optional>
#include <sys/socket.h>

namespace polyquant::net {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

namespace {

using Socket = asio::ip::tcp::socket;
using TlsStream = ssl::stream<Socket&>;
// Few, so that the operations below are compiled once: Beast's messages have at most this many
// parts, and a partial read or write is within the contract.
constexpr std::size_t parts_max = 4;

Failure failure_of(error_code const& error, char const* where) {
    auto const fault =
        error == asio::error::operation_aborted ? Fault::cancelled : Fault::transport;
    return {fault, where, error.message()};
}

// Whom the certificate must name. Stated to OpenSSL itself, whose check knows no common names, no
// partial wildcards, and says "hostname mismatch" when that is what happened.
bool expect_peer(SSL* stream, std::string const& host) {
    if (is_ip_address(host)) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(stream), host.c_str()) == 1;
    }
    SSL_set_hostflags(stream, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(stream, host.c_str()) == 1 &&
           SSL_set_tlsext_host_name(stream, host.c_str()) == 1;
}

template <class Buffer>
std::array<Buffer, parts_max> first_parts(std::span<Buffer const> buffers) {
    std::array<Buffer, parts_max> parts{};
    std::size_t used = 0;
    for (auto const& buffer : buffers) {
        if (buffer.size() == 0) continue;
        if (used == parts_max) break;
        parts[used++] = buffer;
    }
    return parts;
}

} // namespace

struct Wire::Impl {
    Socket socket;
    std::shared_ptr<void> context{}; // keeps alive what `tls` was made from
    std::optional<TlsStream> tls{};

    std::string verify_error() {
        auto const code = SSL_get_verify_result(tls->native_handle());
        if (code == X509_V_OK) return {};
        return X509_verify_cert_error_string(code);
    }
};

Wire::Wire(asio::any_io_executor const& executor)
    : impl_{std::make_unique<Impl>(Impl{Socket{executor}})} {}

Wire::Wire(asio::ip::tcp::socket accepted)
    : impl_{std::make_unique<Impl>(Impl{std::move(accepted)})} {
    error_code ignored; // a peer that left already is noticed by the first read
    impl_->socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
    impl_->socket.set_option(asio::socket_base::keep_alive{true}, ignored);
}

Wire::~Wire() {
    close();
}

Task<Result<void>> Wire::connect(asio::ip::tcp::endpoint endpoint) {
    error_code error;
    auto& socket = impl_->socket;
    co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return failure_of(error, "connect");
    socket.set_option(asio::ip::tcp::no_delay{true}, error);
    if (!error) socket.set_option(asio::socket_base::keep_alive{true}, error);
    if (error) co_return failure_of(error, "connect");
    co_return Result<void>{};
}

Task<Result<void>> Wire::start_tls(TlsContext tls, std::string host) {
    impl_->context = tls.native();
    impl_->tls.emplace(impl_->socket, tls.native()->context);
    auto& stream = *impl_->tls;
    if (!expect_peer(stream.native_handle(), host)) {
        co_return Failure{Fault::invalid, "tls", "'" + host + "' is no name for a certificate"};
    }
    error_code error;
    co_await stream.async_handshake(
        ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error)
    );
    if (!error) co_return Result<void>{};
    if (error == asio::error::operation_aborted) co_return failure_of(error, "tls");
    if (auto const why = impl_->verify_error(); !why.empty()) {
        co_return Failure{
            Fault::invalid,
            "tls",
            "the certificate of '" + host + "' is not trusted: " + why +
                "; check the host name and the clock, or add its authority as CA file"
        };
    }
    co_return failure_of(error, "tls");
}

Task<Result<void>> Wire::accept_tls(TlsServerContext tls) {
    impl_->context = tls.native();
    impl_->tls.emplace(impl_->socket, tls.native()->context);
    error_code error;
    co_await impl_->tls->async_handshake(
        ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, error)
    );
    if (error) co_return failure_of(error, "tls");
    co_return Result<void>{};
}

Task<Result<std::size_t>> Wire::read_some(char* into, std::size_t size) {
    error_code error;
    std::size_t got = 0;
    auto const token = [&] {
        return asio::redirect_error(asio::use_awaitable, error);
    };
    if (impl_->tls)
        got = co_await impl_->tls->async_read_some(asio::mutable_buffer{into, size}, token());
    else
        got = co_await impl_->socket.async_read_some(asio::mutable_buffer{into, size}, token());
    if (!error) co_return got;
    if (error == asio::error::eof) co_return std::size_t{0};
    if (error == ssl::error::stream_truncated) {
        co_return Failure{Fault::transport, "read", "the peer cut the TLS stream"};
    }
    co_return failure_of(error, "read");
}

Task<Result<void>> Wire::write_all(std::string_view bytes) {
    error_code error;
    auto const token = [&] {
        return asio::redirect_error(asio::use_awaitable, error);
    };
    if (impl_->tls)
        co_await asio::async_write(
            *impl_->tls, asio::const_buffer{bytes.data(), bytes.size()}, token()
        );
    else
        co_await asio::async_write(
            impl_->socket, asio::const_buffer{bytes.data(), bytes.size()}, token()
        );
    if (error) co_return failure_of(error, "write");
    co_return Result<void>{};
}

bool Wire::is_quiet() const {
    if (!impl_->socket.is_open()) return false;
    char byte = 0;
    auto const got =
        ::recv(impl_->socket.native_handle(), &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

bool Wire::is_open() const {
    return impl_->socket.is_open();
}

void Wire::close() {
    error_code ignored;
    impl_->socket.close(ignored);
}

void Wire::reset() {
    error_code ignored;
    impl_->socket.set_option(asio::socket_base::linger{true, 0}, ignored);
    impl_->socket.close(ignored);
}

Task<Result<void>> Wire::finish() {
    error_code ignored;
    if (impl_->tls) {
        co_await impl_->tls->async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
    }
    error_code error;
    impl_->socket.shutdown(Socket::shutdown_send, error);
    std::array<char, 4096> rest;
    while (!error)
        co_await impl_->socket.async_read_some(
            asio::buffer(rest), asio::redirect_error(asio::use_awaitable, error)
        );
    close();
    if (error == asio::error::operation_aborted) co_return failure_of(error, "finish");
    co_return Result<void>{};
}

void Wire::start_read(std::span<asio::mutable_buffer const> buffers, Handler handler) {
    auto const parts = first_parts(buffers);
    if (impl_->tls)
        impl_->tls->async_read_some(parts, std::move(handler));
    else
        impl_->socket.async_read_some(parts, std::move(handler));
}

void Wire::start_write(std::span<asio::const_buffer const> buffers, Handler handler) {
    auto const parts = first_parts(buffers);
    if (impl_->tls)
        impl_->tls->async_write_some(parts, std::move(handler));
    else
        impl_->socket.async_write_some(parts, std::move(handler));
}

asio::any_io_executor Wire::executor() const {
    return impl_->socket.get_executor();
}

} // namespace polyquant::net
