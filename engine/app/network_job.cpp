#include "engine/app/network_job.hpp"

#include "engine/app/build_info.hpp"
#include "engine/app/live_session.hpp"

#include <boost/asio/co_spawn.hpp>

#include <csignal>
#include <cstdlib>

namespace polyquant::app {

Result<std::unique_ptr<NetworkJob>>
NetworkJob::create(config::EndpointParams const& endpoints, std::ostream& err) {
    std::unique_ptr<NetworkJob> job{new NetworkJob{endpoints, err}};
    auto net = net::NetStack::create(
        job->io_, *job->clock_, {endpoints.ca_file, "polyquant/" + code_version()}, {}
    );
    if (!net) return net.error();
    job->net_ = std::move(*net);
    return job;
}

NetworkJob::NetworkJob(config::EndpointParams const& endpoints, std::ostream& err)
    : clock_{make_clock(endpoints)}, err_{err}, pool_{io_, 1, runtime::Delivery::as_ready},
      supervisor_{
          io_.get_executor(),
          *clock_,
          [this](std::string const& name, Failure const& failure) {
              err_ << name << ": " << describe(failure) << '\n';
              request_stop(ExitCode::failed);
          }
      },
      signals_{io_, SIGINT, SIGTERM} {}

NetworkJob::~NetworkJob() = default;

ExitCode NetworkJob::run(Task<ExitCode> task) {
    wait_for_signals();
    net_->start(supervisor_);
    supervisor_.start_job(runtime::Stage::strategies, "job", perform(std::move(task)));
    io_.run();
    return exit_code_.value_or(ExitCode::failed);
}

Task<void> NetworkJob::perform(Task<ExitCode> task) {
    auto const code = co_await std::move(task);
    request_stop(code);
}

void NetworkJob::wait_for_signals() {
    signals_.async_wait([this](boost::system::error_code error, int) {
        if (error) return;
        if (exit_code_) std::_Exit(code(ExitCode::interrupted));
        request_stop(ExitCode::interrupted);
        wait_for_signals();
    });
}

void NetworkJob::request_stop(ExitCode code) {
    if (exit_code_) return;
    exit_code_ = code;
    asio::co_spawn(io_, stop(), [this](std::exception_ptr const&) { signals_.cancel(); });
}

Task<void> NetworkJob::stop() {
    auto const report = co_await supervisor_.stop();
    for (auto const& name : report.late)
        err_ << name << " did not stop in time\n";
    for (auto const& [name, failure] : report.failed)
        err_ << name << ": " << describe(failure) << '\n';
    // What is still running would keep the loop alive.
    if (!report.late.empty()) io_.stop();
}

} // namespace polyquant::app
