#include "engine/runtime/side_loop.hpp"

#include "engine/core/failure.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <csignal>
#include <thread>

namespace polyquant::runtime {

struct SideLoop::State {
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    std::atomic<std::size_t> queued{0};
    std::thread thread{};
    std::function<Task<void>()> last{}; // its frame reads what the function has captured
};

SideLoop::SideLoop() : state_{std::make_unique<State>()} {}

SideLoop::~SideLoop() {
    stop();
}

asio::io_context& SideLoop::io() {
    return state_->io;
}

void SideLoop::start() {
    ENSURE(!state_->thread.joinable(), "a side loop is started once");
    state_->thread = std::thread{[this] {
        // Signals are the engine's: its loop stops the program in order.
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
        state_->io.run();
    }};
}

bool SideLoop::post(std::function<void()> work) {
    if (state_->queued.fetch_add(1) >= queued_max) {
        state_->queued.fetch_sub(1);
        return false;
    }
    asio::post(state_->io, [s = state_.get(), work = std::move(work)] {
        s->queued.fetch_sub(1);
        work();
    });
    return true;
}

void SideLoop::stop(std::function<Task<void>()> last) {
    if (!state_->thread.joinable()) return;
    state_->last = std::move(last);
    asio::post(state_->io, [s = state_.get()] {
        if (!s->last) return s->io.stop();
        asio::co_spawn(s->io, s->last(), [s](std::exception_ptr const&) { s->io.stop(); });
    });
    state_->thread.join();
}

} // namespace polyquant::runtime
