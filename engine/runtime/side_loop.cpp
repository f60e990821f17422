#include "engine/runtime/side_loop.hpp"

#include "engine/core/failure.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <csignal>
#include <thread>

namespace polyquant::runtime {

struct SideLoop::State {
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    std::thread thread{};
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

void SideLoop::post(std::function<void()> work) {
    asio::post(state_->io, std::move(work));
}

void SideLoop::stop(std::function<Task<void>()> last) {
    if (!state_->thread.joinable()) return;
    asio::post(state_->io, [this, last = std::move(last)] {
        if (!last) return state_->io.stop();
        asio::co_spawn(state_->io, last(), [this](std::exception_ptr const&) {
            state_->io.stop();
        });
    });
    state_->thread.join();
}

} // namespace polyquant::runtime
