#include "engine/runtime/side_pool.hpp"

#include "engine/runtime/wakeups.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>

namespace polyquant::runtime {

// Shared with the threads, so that one that cannot be stopped in time touches nothing that is gone.
struct SidePool::State : std::enable_shared_from_this<SidePool::State> {
    struct Worker {
        std::thread thread{};
        std::shared_ptr<Job> current{};
        bool exited = false;
    };

    Delivery delivery;
    Wakeups* wakeups;
    std::deque<std::shared_ptr<Job>> undelivered{}; // by submission; the engine's thread only

    std::mutex mutex{};
    std::condition_variable work_came{};
    std::condition_variable work_done{};
    asio::io_context* io; // null once stopped: nothing is posted any more
    std::deque<std::shared_ptr<Job>> todo{};
    std::deque<Worker> workers{};
    bool stopping = false;

    State(asio::io_context& context, Delivery d)
        : delivery{d}, wakeups{&Wakeups::of(context)}, io{&context} {}

    void run(Worker& self);
    void finish(Worker& self);
    void release(Job& job, Job::Released how);
    std::size_t release_done();
};

namespace {

// Signals belong to the engine's thread.
class AllSignalsBlocked {
public:
    AllSignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }

    AllSignalsBlocked(AllSignalsBlocked const&) = delete;
    AllSignalsBlocked& operator=(AllSignalsBlocked const&) = delete;

    ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

} // namespace

SidePool::SidePool(asio::io_context& io, std::size_t threads, Delivery delivery)
    : state_{std::make_shared<State>(io, delivery)} {
    ENSURE(threads > 0, "a side pool has at least one thread");
    AllSignalsBlocked const blocked;
    for (std::size_t i = 0; i < threads; ++i) {
        auto& worker = state_->workers.emplace_back();
        worker.thread = std::thread{[state = state_, &worker] {
            state->run(worker);
        }};
    }
}

SidePool::~SidePool() {
    stop(Seconds{5});
}

bool SidePool::enqueue(std::shared_ptr<Job> job) {
    {
        std::scoped_lock const lock{state_->mutex};
        if (state_->stopping) return false;
        state_->todo.push_back(job);
    }
    state_->undelivered.push_back(std::move(job));
    state_->work_came.notify_one();
    return true;
}

std::size_t SidePool::pending() const {
    return state_->undelivered.size();
}

std::size_t SidePool::deliver() {
    if (state_->undelivered.empty()) return 0;
    {
        std::unique_lock lock{state_->mutex};
        state_->work_done.wait(lock, [&] {
            return std::ranges::all_of(state_->undelivered, [](auto const& job) {
                return job->done;
            });
        });
    }
    return state_->release_done();
}

std::vector<std::string> SidePool::stop(Nanos limit) {
    std::vector<std::string> left;
    auto& state = *state_;
    {
        std::unique_lock lock{state.mutex};
        if (std::exchange(state.stopping, true)) return left;
        state.io = nullptr;
        state.todo.clear();
        state.work_came.notify_all();
        state.work_done.wait_for(lock, limit, [&] {
            return std::ranges::all_of(state.workers, [](auto const& w) { return w.exited; });
        });
        for (auto const& worker : state.workers)
            if (!worker.exited && worker.current) left.push_back(worker.current->name);
        while (!state.undelivered.empty()) {
            auto const job = std::move(state.undelivered.front());
            state.undelivered.pop_front();
            state.release(*job, job->done ? Job::Released::with_result : Job::Released::without);
        }
    }
    for (auto& worker : state.workers) {
        auto exited = false;
        {
            std::scoped_lock const lock{state.mutex};
            exited = worker.exited;
        }
        // A thread that still runs a blocking call cannot be ended; it owns all it uses.
        if (exited)
            worker.thread.join();
        else
            worker.thread.detach();
    }
    return left;
}

void SidePool::State::run(Worker& self) {
    for (;;) {
        {
            std::unique_lock lock{mutex};
            work_came.wait(lock, [&] { return stopping || !todo.empty(); });
            if (todo.empty()) {
                self.exited = true;
                work_done.notify_all();
                return;
            }
            self.current = std::move(todo.front());
            todo.pop_front();
        }
        if (!self.current->abandoned) self.current->work();
        self.current->work = nullptr; // what it captured goes here, not on the engine's thread
        finish(self);
    }
}

void SidePool::State::finish(Worker& self) {
    std::scoped_lock const lock{mutex};
    self.current->done = true;
    self.current.reset();
    work_done.notify_all();
    if (io == nullptr || delivery == Delivery::held) return;
    asio::post(*io, [state = shared_from_this()] { state->release_done(); });
}

std::size_t SidePool::State::release_done() {
    std::size_t released = 0;
    for (; !undelivered.empty(); ++released) {
        {
            std::scoped_lock const lock{mutex};
            if (!undelivered.front()->done) break;
        }
        auto const job = std::move(undelivered.front());
        undelivered.pop_front();
        release(*job, Job::Released::with_result);
    }
    return released;
}

void SidePool::State::release(Job& job, Job::Released how) {
    job.released = how;
    if (job.waiter == nullptr) return;
    job.waiter->cancel();
    wakeups->add();
}

Failure SidePool::failure_from_current_exception(std::string const& name) {
    try {
        throw;
    } catch (std::exception const& e) {
        return {Fault::invalid, name, e.what()};
    } catch (...) {
        return {Fault::invalid, name, "an exception of unknown type"};
    }
}

} // namespace polyquant::runtime
