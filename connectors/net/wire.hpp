// One TCP connection, plain or TLS. The place where Asio's stream types end.
#pragma once

#include "connectors/net/tls_context.hpp"
#include "engine/core/time.hpp"
#include "engine/runtime/task.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace polyquant::net {

// Operations end when their coroutine is cancelled, and the wire is then good for nothing but
// destruction. Errors are Fault::transport, cancellation Fault::cancelled. One read and one write
// at a time. Nagle's algorithm is off: with it a request on a fresh connection waits 40 ms.
class Wire {
public:
    explicit Wire(asio::any_io_executor const& executor);
    explicit Wire(asio::ip::tcp::socket accepted);
    ~Wire(); // closes without waiting for the peer
    Wire(Wire const&) = delete;
    Wire& operator=(Wire const&) = delete;

    Task<Result<void>> connect(asio::ip::tcp::endpoint endpoint);
    // Verifies chain and `host` (a name or an address); names are sent as SNI. A certificate that
    // does not verify is Fault::invalid: repeating is useless, and the text says what to do.
    Task<Result<void>> start_tls(TlsContext tls, std::string host);
    // The server's side of the handshake.
    Task<Result<void>> accept_tls(TlsServerContext tls);

    // At least one byte, or zero at an orderly end of the stream.
    Task<Result<std::size_t>> read_some(char* into, std::size_t size);
    Task<Result<void>> write_all(std::string_view bytes);

    // For an idle connection: nothing to read and not closed by the peer, so that it may be used
    // again. Costs one system call.
    bool is_quiet() const;
    bool is_open() const;
    void close();
    // Closes with a TCP reset: what is on the way is lost, the peer's next read fails.
    void reset();
    // Ends the stream in order and takes what the peer still sends, so that our last bytes are not
    // lost to a reset; until the peer has closed or the coroutine is cancelled.
    Task<Result<void>> finish();

    // The same reads and writes for Beast, whose operations bring their own handlers and buffers.
    using Handler = asio::any_completion_handler<void(boost::system::error_code, std::size_t)>;
    void start_read(std::span<asio::mutable_buffer const> buffers, Handler handler);
    void start_write(std::span<asio::const_buffer const> buffers, Handler handler);
    asio::any_io_executor executor() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace polyquant::net
