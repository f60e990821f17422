// A WebSocket that comes back: reconnects, subscribes again, and says when its data counts.
#pragma once

#include "connectors/net/ws_client.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace polyquant::net {

// What a feed implements. All calls come on the engine's thread and must not block.
class WsListener {
public:
    virtual ~WsListener() = default;

    // A new connection. Returns what to send first: all subscriptions, since the server knows none
    // of the old ones. Books stay quarantined until their fresh snapshots come.
    virtual std::vector<std::string> on_up(UtcTime now) = 0;
    virtual void on_frame(WsFrame const& frame) = 0;
    // The connection is gone: nothing learned from it is current any more. Once for each on_up().
    virtual void on_down(Loss const& loss) = 0;

    // An attempt that never came up; the session goes on trying unless `stopped`.
    virtual void on_attempt_failed(Loss const& loss, bool stopped) = 0;
};

class WsSession {
public:
    struct Options {
        std::string name = "ws";
        WsClient::Options socket{};
        Nanos connect_max = Seconds{10};
        bool starts_paused = false; // connects only when retry_now() is called
        // Text pings as the venue wants them; zero: none.
        Nanos ping_every{0};
        std::string ping_text = "PING";
        std::string pong_text = "PONG"; // not handed to the listener
        Nanos pong_max{0};              // reconnect when none came for so long; zero: not checked
        Nanos silence_max{0};           // the same for frames of any kind
        ReconnectMachine::Limits reconnect{};
        ReconnectPolicy policy = default_reconnect_action;
    };

    // Made anew for each attempt: authentication headers carry the time.
    using MakeRequest = std::function<WsRequest()>;

    WsSession(
        Dialer& dialer,
        runtime::Supervisor& supervisor,
        Random random,
        MakeRequest make_request,
        WsListener& listener,
        Options options
    );
    ~WsSession();
    WsSession(WsSession const&) = delete;
    WsSession& operator=(WsSession const&) = delete;

    // The task for the supervisor: until cancelled. A session that stopped trying (a refused key)
    // stays silent rather than ending: whether that halts trading is the engine's decision.
    Task<void> run();

    // False while down: on_up() will be asked for what is needed then.
    bool send(std::string text);
    // Ends the connection and makes a new one at once: a topic went silent, a book cannot be
    // mended, the venue's 24 hours are over.
    void restart(std::string why);
    // Ends the connection and makes no new one until retry_now(): another one took its place.
    void pause(std::string why);
    // After `stopped` or pause(), or to cut a wait short: tries again now.
    void retry_now();

    bool is_up() const;

    ReconnectMachine::State state() const { return machine_.state(); }

    std::uint64_t times_up() const { return times_up_; }

private:
    Task<bool> wait_for_turn();
    Task<bool> serve(std::shared_ptr<WsClient> client);
    Task<void> watch();
    void check(Instant now);
    void note_loss(Loss const& loss);

    Dialer& dialer_;
    runtime::Supervisor& supervisor_;
    MakeRequest make_request_;
    WsListener& listener_;
    Options options_;
    ReconnectMachine machine_;
    std::shared_ptr<WsClient> client_{}; // while up
    bool is_paused_ = false;
    Instant next_ping_{};
    Instant pong_at_{};
    std::uint64_t times_up_ = 0;
};

} // namespace polyquant::net
