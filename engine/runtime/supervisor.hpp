// Starts, watches and stops every coroutine of the engine. Nothing is detached.
#pragma once

#include "engine/runtime/clock.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::runtime {

// Shutdown goes through these in order: no new input, no new decisions, orders cancelled or known,
// files and connections closed.
enum class Stage : std::uint8_t { feeds, strategies, orders, close };
inline constexpr std::array all_stages{
    Stage::feeds, Stage::strategies, Stage::orders, Stage::close
};
std::string_view to_string(Stage stage);

// How long each stage may take, from its beginning.
struct StopLimits {
    std::array<Nanos, all_stages.size()> limit{Seconds{2}, Seconds{2}, Seconds{10}, Seconds{5}};

    Nanos operator[](Stage stage) const { return limit[static_cast<std::size_t>(stage)]; }
};

struct StopReport {
    std::vector<std::string> late; // "feeds/binance": still running at its stage's deadline
    std::vector<std::pair<std::string, Failure>> failed; // threw, or a stop action failed

    bool clean() const { return late.empty() && failed.empty(); }
};

// Supervisor and io_context may be destroyed in either order; a task must not outlive what it uses.
class Supervisor {
public:
    // Called on the engine's thread when a task ends or throws outside shutdown. It should halt
    // trading and begin the shutdown; it must not throw.
    using OnFailure = std::function<void(std::string const& name, Failure const& failure)>;
    using StopAction = std::function<Task<Result<void>>()>;

    Supervisor(asio::any_io_executor executor, Clock& clock, OnFailure on_failure);
    ~Supervisor();
    Supervisor(Supervisor const&) = delete;
    Supervisor& operator=(Supervisor const&) = delete;

    // A task that runs until its stage is stopped; ending earlier is a failure. False when the
    // stage is already stopping: the task is not started.
    bool start(Stage stage, std::string name, Task<void> task);
    // A task that may end by itself (a warm-up, one redemption); throwing is still a failure.
    bool start_job(Stage stage, std::string name, Task<void> task);

    // Runs when the stage's turn comes, before its tasks are cancelled, within the stage's limit:
    // "cancel all orders" belongs here, because a cancelled task can no longer await anything.
    void on_stop(Stage stage, std::string name, StopAction action);

    std::vector<std::string> running() const; // in the order of their start
    bool stopping() const;

    // Once, from a coroutine that is not supervised itself.
    Task<StopReport> stop(StopLimits limits = {});
    // Waits until no task runs: the end of a program that consists of jobs.
    Task<Result<void>> join(Instant deadline);

private:
    struct State;

    bool start_entry(Stage stage, std::string name, Task<void> task, bool may_end);
    Task<void> stop_stage(Stage stage, Instant deadline, StopReport& report);

    asio::any_io_executor executor_;
    Clock& clock_;
    std::shared_ptr<State> state_;
};

} // namespace polyquant::runtime
