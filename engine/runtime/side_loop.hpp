// A thread with an event loop of its own, for what must answer while the engine's loop is busy or
// hangs: metrics, dashboard, alerts. Nothing that decides about trading lives here.
#pragma once

#include "engine/runtime/task.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>

namespace polyquant::runtime {

class SideLoop {
public:
    SideLoop();
    ~SideLoop(); // stop()
    SideLoop(SideLoop const&) = delete;
    SideLoop& operator=(SideLoop const&) = delete;

    // Until start() it belongs to the caller, then to the thread, after stop() to the caller again.
    asio::io_context& io();

    void start();

    // From any thread. False, and the work is dropped, when `queued_max` wait already: a thread
    // that hangs must not fill the memory of the one that trades. After stop() nothing runs any
    // more.
    bool post(std::function<void()> work);
    static constexpr std::size_t queued_max = 10'000;

    // Runs `last` on the thread to its end (it limits itself), ends the loop and waits for the
    // thread. Once; later calls do nothing.
    void stop(std::function<Task<void>()> last = {});

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace polyquant::runtime
