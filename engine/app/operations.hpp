// What watches a live run from beside it, on a thread of its own: metrics, dashboard, alerts,
// heartbeat file, service manager. It gets copies of values; nothing it does can hold up the
// engine, and it answers when the engine does not.
#pragma once

#include "config/run_config.hpp"
#include "engine/metrics/figures.hpp"
#include "engine/runtime/supervisor.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace polyquant::app {

class Operations {
public:
    struct Parts {
        config::RunConfig config;        // of the start: a copy, the engine's changes at a reload
        std::filesystem::path directory; // the run's
        asio::any_io_executor engine;    // where `say` runs
        std::function<void(std::string const&)> say;
        std::function<metrics::FiguresPtr()> figures; // on the engine's thread
    };

    // Listens when it returns, so that a port that is taken stops the start and not the trading.
    static Result<std::unique_ptr<Operations>> create(Parts parts);
    ~Operations(); // stop()
    Operations(Operations const&) = delete;
    Operations& operator=(Operations const&) = delete;

    // Starts the thread, and the task that hands it figures.
    void start(runtime::Supervisor& engine_supervisor);

    // A line of the console, for the dashboard; one that begins with ALARM is an alert too.
    void note(std::string const& line);
    void window_settled(observe::SettledWindow const& window);

    // The service manager is told; figures follow by themselves.
    void reloading();
    void reloaded();
    void stopping();

    // The last heartbeat, then the end of the thread. Blocks for a second or two at most.
    void stop(int exit_code);

private:
    struct State;

    explicit Operations(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

} // namespace polyquant::app
