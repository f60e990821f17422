// One WebSocket connection, from its upgrade to its end.
#pragma once

#include "connectors/net/dialer.hpp"
#include "connectors/net/http_message.hpp"
#include "connectors/net/reconnect_machine.hpp"
#include "engine/runtime/supervisor.hpp"

#include <memory>
#include <string>

namespace polyquant::net {

struct WsRequest {
    Url url; // wss://, or ws:// to the loopback
    Headers headers{};
};

struct WsFrame {
    std::string payload;
    bool is_binary = false;
    Instant received_at{};
    UtcTime received_utc{};
};

// One thread. A reader and a writer run as supervised jobs from open() to the end of the
// connection; reads are never cancelled while it lives, because that would kill it. Frames wait in
// a bounded queue: a consumer that falls behind it loses the connection (and so learns of it)
// rather than single frames. Control pings of the server are answered by themselves.
class WsClient {
public:
    struct Options {
        std::string user_agent = "polyquant";
        bool deflate = true;                              // offered; the server decides
        std::size_t message_bytes_max = 16 * 1024 * 1024; // decompressed
        std::size_t frames_queued_max = 8192;
        std::size_t posts_queued_max = 1024; // all subscriptions at once fit
        Nanos write_max = Seconds{5};
        runtime::Stage stage = runtime::Stage::feeds; // in which its jobs are stopped
    };

    WsClient(Dialer& dialer, runtime::Supervisor& supervisor, std::string name, Options options);
    ~WsClient(); // closes without waiting for the peer
    WsClient(WsClient const&) = delete;
    WsClient& operator=(WsClient const&) = delete;

    // Once. A refused upgrade is the fault of its HTTP status; loss() then has its Retry-After.
    Task<Result<void>> open(WsRequest request, Instant deadline);

    // The next frame; after the last one the failure that ended the connection, every time.
    Task<Result<WsFrame>> next();

    // Queues a text message; false when the connection is over or the queue full (which ends it).
    bool post(std::string text);

    // Ends the connection at once, for the reason given: silence, a missing PONG, a renewal.
    void fail(Loss loss);
    // The closing handshake, then the end.
    Task<Result<void>> close(int code, Instant deadline);

    bool is_open() const;
    // Why it ended; meaningful once open() or next() failed.
    Loss const& loss() const;
    // When the last frame came, control frames included.
    Instant heard_at() const;
    // Whether the server agreed to compression.
    bool is_compressed() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace polyquant::net
