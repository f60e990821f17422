// A scripted WebSocket server on the loopback, with real TLS and permessage-deflate.
#pragma once

#include "engine/runtime/task.hpp"
#include "tests/connectors/net/test_certificate.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::net::testing {

// One upgraded connection. Its operations throw when the client has gone, which ends the script.
class WsPeer {
public:
    virtual ~WsPeer() = default;

    virtual std::string const& upgrade_request() const = 0; // as received
    virtual Task<std::optional<std::string>> read() = 0;    // empty at the end
    virtual Task<void> write(std::string text) = 0;
    virtual Task<void> ping(std::string payload) = 0;
    // Reads, answering nothing, until the client goes away; returns what came.
    virtual Task<std::vector<std::string>> hang() = 0;
    // Neither reads nor writes: not even control frames are answered.
    virtual Task<void> freeze() = 0;
    virtual Task<void> close(std::uint16_t code, std::string reason) = 0;
    virtual void reset() = 0;
    virtual int pongs() const = 0;
};

class WsTestServer {
public:
    using Script = std::function<Task<void>(WsPeer& peer)>;

    WsTestServer(asio::io_context& io, Credentials const& credentials, Script script);
    ~WsTestServer();
    WsTestServer(WsTestServer const&) = delete;
    WsTestServer& operator=(WsTestServer const&) = delete;

    std::uint16_t port() const;
    int connections() const;

    struct State;

private:
    std::shared_ptr<State> state_;
};

} // namespace polyquant::net::testing
