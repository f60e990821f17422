// The network half of a live program, made in one go: lookup, trust, proxies, connections, budgets.
#pragma once

#include "connectors/net/net_context.hpp"
#include "engine/runtime/side_pool.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace polyquant::net {

class NetStack {
public:
    struct Options {
        std::string ca_file;    // trusted besides the system's authorities; empty: none
        std::string user_agent; // "polyquant/0.1"
    };

    // Fault::invalid for an unreadable CA file or a malformed proxy variable.
    static Result<std::unique_ptr<NetStack>> create(
        asio::io_context& io,
        runtime::Clock& clock,
        Options const& options,
        EndpointGroups::OnChange on_breaker_change
    );

    ~NetStack();
    NetStack(NetStack const&) = delete;
    NetStack& operator=(NetStack const&) = delete;

    NetContext context(runtime::Supervisor& supervisor);
    // Refreshes names and reports breakers that opened up by time: tasks of the supervisor.
    void start(runtime::Supervisor& supervisor);

    EndpointGroups& groups();

private:
    struct State;

    explicit NetStack(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

} // namespace polyquant::net
