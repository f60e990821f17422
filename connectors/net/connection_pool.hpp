// Warm connections by host, bounded, handed out one holder at a time.
#pragma once

#include "connectors/net/url.hpp"
#include "connectors/net/wire.hpp"
#include "engine/runtime/clock.hpp"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace polyquant::net {

class ConnectionPool {
    struct Host;

public:
    // A place among a host's connections, with or without a connection in it. Dropping it closes
    // the connection, so a cancelled or failed call leaves nothing half used behind.
    class Lease {
    public:
        Lease(Lease&& other) noexcept = default;
        Lease& operator=(Lease&& other) = delete;
        ~Lease();

        bool has_wire() const { return wire_ != nullptr; }

        Wire& wire() { return *wire_; }

        // Answers this connection has brought so far.
        int uses() const { return uses_; }

        void put(std::unique_ptr<Wire> wire);
        void discard();
        // Between two answers: the next holder may go on with it.
        void give_back(bool was_used = true);

    private:
        friend ConnectionPool;
        Lease(std::shared_ptr<Host> host, runtime::Clock& clock);

        std::shared_ptr<Host> host_;
        runtime::Clock* clock_;
        std::unique_ptr<Wire> wire_;
        int uses_ = 0;
    };

    ConnectionPool(runtime::Clock& clock, std::size_t per_host_max, Nanos idle_max);

    // The warmest connection that is still alive, else an empty place; waits its turn, first come
    // first served, while all places are taken. Fault::timeout at the deadline.
    Task<Result<Lease>> take(Url url, Instant deadline);

    std::size_t idle(Url const& url) const;
    std::size_t busy(Url const& url) const;
    void close_idle();

private:
    struct Idle {
        std::unique_ptr<Wire> wire;
        Instant since{};
        int uses = 0;
    };

    struct Host {
        std::deque<Idle> idle{}; // the warmest at the back
        std::size_t busy = 0;
        std::deque<asio::steady_timer*> waiters{};
    };

    Host const* find(Url const& url) const;
    static Task<Result<bool>> turn(std::shared_ptr<Host> host, std::size_t most);
    void fill(Lease& lease);

    runtime::Clock& clock_;
    std::size_t per_host_max_;
    Nanos idle_max_;
    std::map<std::string, std::shared_ptr<Host>> hosts_; // by scheme and authority
};

} // namespace polyquant::net
