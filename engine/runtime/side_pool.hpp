// A few threads for work that would block the engine: training, SQLite, name lookups, key
// derivation.
#pragma once

#include "engine/core/time.hpp"
#include "engine/runtime/task.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::runtime {

// Results are delivered in the order of submission, whatever finishes first. A long job therefore
// holds back the short ones behind it: give work of different length different pools.
//
// as_ready  live: a result resumes its coroutine as soon as it and all before it are done.
// held      replay: results wait until deliver() is called, which blocks until all submitted work
//           is done and then releases all of it as one batch. Together with the replay loop, which
//           does so before it moves time, a run does not depend on how fast the threads are.
enum class Delivery : std::uint8_t { as_ready, held };

// Declare the pool after its io_context. All members are for the engine's thread.
class SidePool {
public:
    SidePool(asio::io_context& io, std::size_t threads, Delivery delivery);
    ~SidePool(); // stop() with a limit of five seconds
    SidePool(SidePool const&) = delete;
    SidePool& operator=(SidePool const&) = delete;

    // Runs `work` on a thread and resumes here with what it returned. `work` owns everything it
    // uses and honours no cancellation: a cancelled wait ends at once with Fault::cancelled, work
    // not yet begun is skipped, and a result that comes later is dropped. An exception becomes
    // Fault::invalid with its text. After stop(): Fault::cancelled without running.
    template <class T>
    Task<Result<T>> submit(std::string name, std::function<Result<T>()> work);

    // Jobs whose result has not been delivered.
    std::size_t pending() const;

    // Held delivery: blocks until the submitted work is done, then resumes its coroutines in
    // order when the io_context is next polled. Returns how many; zero when nothing was pending.
    std::size_t deliver();

    // Refuses new work, cancels what has not begun, waits for running jobs until `limit` of real
    // time has passed. Returns the names of those still running: their threads are left behind and
    // touch nothing of the engine, and the process should exit.
    std::vector<std::string> stop(Nanos limit);

private:
    struct Job;
    struct State;

    template <class T>
    struct TypedJob;

    bool enqueue(std::shared_ptr<Job> job);
    static Failure failure_from_current_exception(std::string const& name);

    std::shared_ptr<State> state_;
};

struct SidePool::Job {
    std::string name;
    std::function<void()> work; // stores the result; run on a thread
    bool done = false;          // guarded by the pool's mutex
    std::atomic<bool> abandoned = false;
    // Below: the engine's thread only.
    enum class Released : std::uint8_t { no, with_result, without } released = Released::no;
    asio::steady_timer* waiter = nullptr; // in the frame of submit()
};

template <class T>
struct SidePool::TypedJob : Job {
    std::optional<Result<T>> result;
};

template <class T>
Task<Result<T>> SidePool::submit(std::string name, std::function<Result<T>()> work) {
    auto const job = std::make_shared<TypedJob<T>>();
    job->name = std::move(name);
    job->work = [target = job.get(), work = std::move(work)] {
        try {
            target->result.emplace(work());
        } catch (...) {
            target->result.emplace(failure_from_current_exception(target->name));
        }
    };
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer delivered{executor, asio::steady_timer::time_point::max()};
    job->waiter = &delivered;
    if (!enqueue(job)) {
        co_return Failure{Fault::cancelled, job->name, "the side pool has stopped"};
    }
    boost::system::error_code woken;
    co_await delivered.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    job->waiter = nullptr;
    if (job->released == Job::Released::with_result) co_return std::move(*job->result);
    job->abandoned = true;
    auto const stopped = job->released == Job::Released::without;
    auto const* const why = stopped ? "the side pool has stopped" : "the wait was cancelled";
    co_return Failure{Fault::cancelled, job->name, why};
}

} // namespace polyquant::runtime
