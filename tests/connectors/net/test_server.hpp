// A scripted peer on the loopback: real TCP and TLS, every byte chosen by the test.
#pragma once

#include "engine/runtime/task.hpp"
#include "tests/connectors/net/test_certificate.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace polyquant::net::testing {

// One accepted connection. Its operations throw when the client has gone, which ends the script.
class Peer {
public:
    virtual ~Peer() = default;

    // The whole request, head and body; empty at the end of the stream.
    virtual Task<std::optional<std::string>> read_request() = 0;
    virtual Task<void> write(std::string bytes) = 0;
    // Answers nothing until the client goes away.
    virtual Task<void> hang() = 0;
    // TCP reset, without a TLS goodbye.
    virtual void reset() = 0;
    // The TLS goodbye; returns when the client has closed too.
    virtual Task<void> close() = 0;
    // Bytes to and fro between the client and another port, until either ends.
    virtual Task<void> tunnel_to(std::uint16_t port) = 0;
};

class TestServer {
public:
    using Script = std::function<Task<void>(Peer& peer)>;

    // Without credentials it speaks plain TCP.
    TestServer(asio::io_context& io, std::optional<Credentials> credentials, Script script);
    ~TestServer(); // stops accepting; running scripts end with their clients
    TestServer(TestServer const&) = delete;
    TestServer& operator=(TestServer const&) = delete;

    std::uint16_t port() const;
    // Accepted TCP connections so far.
    int connections() const;
    // Accepts no more TLS handshakes: the connection stays silent after TCP is up.
    void hang_handshakes();
    // How many clients have sent their first words into that silence.
    int hung_handshakes() const;

    struct State;

private:
    std::shared_ptr<State> state_;
};

// "HTTP/1.1 200 OK" with a Content-Length.
std::string http_answer(int status, std::string_view headers, std::string_view body);

} // namespace polyquant::net::testing
