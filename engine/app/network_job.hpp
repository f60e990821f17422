// One job on the network from the command line: everything it needs, until it is done or the user
// has had enough.
#pragma once

#include "config/endpoint_params.hpp"
#include "connectors/net/net_stack.hpp"
#include "engine/app/exit_code.hpp"

#include <boost/asio/signal_set.hpp>

#include <memory>
#include <ostream>

namespace polyquant::app {

class NetworkJob {
public:
    // Fault::invalid for what the endpoints name and nobody can use (a CA file).
    static Result<std::unique_ptr<NetworkJob>>
    create(config::EndpointParams const& endpoints, std::ostream& err);
    ~NetworkJob();

    net::NetContext context() { return net_->context(supervisor_); }

    asio::io_context& io() { return io_; }

    runtime::Clock& clock() { return *clock_; }

    runtime::Supervisor& supervisor() { return supervisor_; }

    runtime::SidePool& pool() { return pool_; }

    // Until the task ends, or until SIGINT or SIGTERM: then everything is stopped in order and the
    // answer is ExitCode::interrupted. A second signal ends the process.
    ExitCode run(Task<ExitCode> task);

private:
    NetworkJob(config::EndpointParams const& endpoints, std::ostream& err);

    Task<void> perform(Task<ExitCode> task);
    Task<void> stop();
    void wait_for_signals();
    void request_stop(ExitCode code);

    asio::io_context io_{1};
    std::unique_ptr<runtime::Clock> clock_;
    std::ostream& err_;
    runtime::SidePool pool_;
    runtime::Supervisor supervisor_;
    asio::signal_set signals_;
    std::unique_ptr<net::NetStack> net_;
    std::optional<ExitCode> exit_code_;
};

} // namespace polyquant::app
