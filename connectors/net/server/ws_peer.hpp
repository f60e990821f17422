// The server's end of one WebSocket.
#pragma once

#include "connectors/net/server/http_call.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace polyquant::net::server {

// One thread. Messages wait in a bounded queue; a client that does not take them is disconnected,
// as venues do, so nothing is ever lost silently.
class WsPeer {
public:
    virtual ~WsPeer() = default;

    virtual std::uint64_t id() const = 0; // unique in its server
    virtual HttpCall const& upgrade() const = 0;
    virtual bool is_open() const = 0;

    // Queues a text message; false when the connection is over or this message overfilled it.
    // `topic` is what scripted faults know it by ("book/<token id>"), never sent.
    virtual bool send(std::string text, std::string_view topic = {}) = 0;
    // Closing handshake after what is queued. on_closed() follows.
    virtual void close(int code, std::string reason = {}) = 0;
    // TCP reset at once.
    virtual void reset() = 0;
};

// What stands behind a WebSocket route; outlives the server. All calls come on the server's thread
// and must not block.
class WsService {
public:
    virtual ~WsService() = default;

    // An answer instead of the upgrade: 401, 403, 503.
    virtual std::optional<HttpReply> refuse(HttpCall const& /*call*/) { return std::nullopt; }

    virtual void on_open(std::shared_ptr<WsPeer> peer) = 0;
    virtual void on_text(WsPeer& peer, std::string_view text) = 0;
    // Once for each on_open(). `code` is the client's, 1006 when the connection just ended.
    virtual void on_closed(WsPeer& peer, int code) = 0;
};

struct WsOptions {
    bool deflate = true; // granted when the client offers it
    std::size_t message_bytes_max = 1024 * 1024;
    std::size_t queued_max = 4096;
    // Text pings of the client are answered here and not handed to the service; empty: none.
    std::string ping_text{};
    std::string pong_text{};
    // A client that sends nothing at all for so long is closed with 1001; zero: never.
    Nanos silence_max{0};
    // Control pings to the client, and how long it may leave them unanswered; zero: none.
    Nanos ping_every{0};
    Nanos pong_max{0};
    int pong_close_code = 1001;
    // The venue ends every connection at this age with 1001 (Binance: 24 h); zero: never.
    Nanos age_max{0};
};

} // namespace polyquant::net::server
