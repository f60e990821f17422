// A world of simulated time for the tests of coroutines.
#pragma once

#include "engine/runtime/sim_clock.hpp"
#include "engine/runtime/task.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <stdexcept>

namespace polyquant::runtime::testing {

struct SimWorld {
    SimClock clock{utc_from_seconds(1'776'081'600)};
    asio::io_context io;

    void spawn(Task<void> task) {
        asio::co_spawn(io, std::move(task), [](std::exception_ptr e) {
            if (e) std::rethrow_exception(e);
        });
    }

    void poll() {
        io.restart();
        io.poll();
    }

    // Runs everything up to and including `end`, stepping from due instant to due instant.
    void run_until(Instant end) {
        for (;;) {
            poll();
            auto const due = clock.next_due();
            if (!due || *due > end) break;
            clock.advance_to(*due);
        }
        clock.advance_to(end);
        poll();
    }

    void run_for(Nanos time) { run_until(clock.now() + time); }

    void run() {
        for (;;) {
            poll();
            auto const due = clock.next_due();
            if (!due) return;
            clock.advance_to(*due);
        }
    }
};

// Runs `io` until `task` is done; for tasks that need no simulated time.
template <class T>
T run_to_end(asio::io_context& io, Task<T> task) {
    std::optional<T> out;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, T value) {
        if (e) std::rethrow_exception(e);
        out.emplace(std::move(value));
    });
    io.restart();
    io.run();
    if (!out) throw std::logic_error{"the task did not end"};
    return std::move(*out);
}

} // namespace polyquant::runtime::testing
