#include "engine/runtime/supervisor.hpp"

#include "engine/runtime/deadline.hpp"
#include "engine/runtime/wakeups.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <list>
#include <optional>

namespace polyquant::runtime {

struct Supervisor::State {
    struct Entry {
        Stage stage;
        std::string name;
        bool may_end;
        asio::cancellation_signal signal{};
        bool done = false;
        bool late = false; // outlived its stage: no longer waited for
    };

    struct Action {
        Stage stage;
        std::string name;
        StopAction run;
    };

    OnFailure on_failure;
    std::list<Entry> entries{};
    std::vector<Action> actions{};
    std::array<bool, all_stages.size()> stage_stopping{};
    StopReport* report = nullptr;               // while stop() runs
    std::vector<asio::steady_timer*> waiters{}; // in frames that wait for tasks to end

    bool& is_stopping(Stage stage) { return stage_stopping[static_cast<std::size_t>(stage)]; }

    bool runs(std::optional<Stage> stage) const {
        return std::ranges::any_of(entries, [&](Entry const& e) {
            return !e.done && !e.late && (!stage || e.stage == *stage);
        });
    }

    void ended(Entry& entry, std::exception_ptr const& error);
    static Task<Result<void>> until_idle(std::shared_ptr<State> self, std::optional<Stage> stage);
};

namespace {

std::string full_name(Stage stage, std::string const& name) {
    return std::string{to_string(stage)} + "/" + name;
}

Failure failure_of(std::exception_ptr const& error, std::string const& name) {
    if (!error) return {Fault::invalid, name, "the task ended by itself"};
    try {
        std::rethrow_exception(error);
    } catch (...) {
        return failure_from_current_exception(name);
    }
}

} // namespace

std::string_view to_string(Stage stage) {
    switch (stage) {
    case Stage::feeds: return "feeds";
    case Stage::strategies: return "strategies";
    case Stage::orders: return "orders";
    case Stage::close: return "close";
    }
    std::abort();
}

Supervisor::Supervisor(asio::any_io_executor executor, Clock& clock, OnFailure on_failure)
    : executor_{std::move(executor)}, clock_{clock},
      state_{std::make_shared<State>(State{.on_failure = std::move(on_failure)})} {
    ENSURE(state_->on_failure != nullptr, "a supervisor needs somebody to tell");
}

Supervisor::~Supervisor() {
    // Tasks that still run must not call into an engine that is being taken down.
    state_->on_failure = [](std::string const&, Failure const&) {
    };
}

bool Supervisor::start(Stage stage, std::string name, Task<void> task) {
    return start_entry(stage, std::move(name), std::move(task), false);
}

bool Supervisor::start_job(Stage stage, std::string name, Task<void> task) {
    return start_entry(stage, std::move(name), std::move(task), true);
}

bool Supervisor::start_entry(Stage stage, std::string name, Task<void> task, bool may_end) {
    if (state_->is_stopping(stage)) return false;
    auto& entries = state_->entries;
    // Here and not when a task ends: its frame still uses the entry's signal at that moment.
    entries.remove_if([](State::Entry const& e) { return e.done; });
    auto& entry = entries.emplace_back(stage, std::move(name), may_end);
    Wakeups::of(executor_).add();
    auto ended = [state = state_, &entry](std::exception_ptr const& error) {
        state->ended(entry, error);
    };
    asio::co_spawn(
        executor_,
        std::move(task),
        asio::bind_cancellation_slot(entry.signal.slot(), std::move(ended))
    );
    return true;
}

void Supervisor::State::ended(Entry& entry, std::exception_ptr const& error) {
    entry.done = true;
    for (auto* waiter : waiters)
        waiter->cancel();
    if (!error && entry.may_end) return;
    auto const name = full_name(entry.stage, entry.name);
    auto const failure = failure_of(error, name);
    if (!is_stopping(entry.stage)) {
        on_failure(name, failure);
    } else if (error && failure.fault != Fault::cancelled && report) {
        report->failed.emplace_back(name, failure);
    }
}

void Supervisor::on_stop(Stage stage, std::string name, StopAction action) {
    state_->actions.push_back({stage, std::move(name), std::move(action)});
}

std::vector<std::string> Supervisor::running() const {
    std::vector<std::string> names;
    for (auto const& e : state_->entries)
        if (!e.done) names.push_back(full_name(e.stage, e.name));
    return names;
}

bool Supervisor::stopping() const {
    return state_->is_stopping(all_stages.front());
}

Task<Result<void>>
Supervisor::State::until_idle(std::shared_ptr<State> self, std::optional<Stage> stage) {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer changed{executor, asio::steady_timer::time_point::max()};

    struct Registered {
        State& state;
        asio::steady_timer* timer;

        Registered(State& s, asio::steady_timer* t) : state{s}, timer{t} {
            state.waiters.push_back(timer);
        }

        Registered(Registered const&) = delete;
        Registered& operator=(Registered const&) = delete;

        ~Registered() { std::erase(state.waiters, timer); }
    } const registered{*self, &changed};

    while (self->runs(stage)) {
        boost::system::error_code woken;
        co_await changed.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            co_return Failure{Fault::cancelled, "supervisor", "the wait was cancelled"};
        }
    }
    co_return Result<void>{};
}

Task<StopReport> Supervisor::stop(StopLimits limits) {
    ENSURE(!stopping(), "stop() is called once");
    StopReport report;
    auto const state = state_;
    state->report = &report;
    for (auto const stage : all_stages)
        co_await stop_stage(stage, clock_.now() + limits[stage], report);
    state->report = nullptr;
    co_return report;
}

Task<void> Supervisor::stop_stage(Stage stage, Instant deadline, StopReport& report) {
    auto const state = state_;
    state->is_stopping(stage) = true;
    for (auto const& action : state->actions) {
        if (action.stage != stage) continue;
        auto const name = full_name(stage, action.name);
        auto const done = co_await within<void>(clock_, deadline, name, action.run());
        if (!done) report.failed.emplace_back(name, done.error());
    }
    for (auto& entry : state->entries)
        if (entry.stage == stage && !entry.done) {
            entry.signal.emit(asio::cancellation_type::terminal);
        }
    // A task that needs no waiting ends on the next turn of the loop; when the actions have used
    // up the limit it still gets that turn.
    auto const turn = std::max(deadline, clock_.now() + Millis{1});
    auto const idle = co_await within<void>(clock_, turn, "stop", State::until_idle(state, stage));
    if (idle) co_return;
    for (auto& entry : state->entries) {
        if (entry.stage != stage || entry.done) continue;
        entry.late = true;
        report.late.push_back(full_name(stage, entry.name));
    }
}

Task<Result<void>> Supervisor::join(Instant deadline) {
    return within<void>(
        clock_, deadline, "supervisor.join", State::until_idle(state_, std::nullopt)
    );
}

} // namespace polyquant::runtime
