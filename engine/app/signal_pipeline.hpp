// Models and signal runner on one bus: the same whether events come from a tape or from live feeds.
#pragma once

#include "config/run_config.hpp"
#include "engine/runtime/bus.hpp"
#include "engine/runtime/side_pool.hpp"
#include "engine/runtime/supervisor.hpp"
#include "engine/signal/signal_actor.hpp"
#include "engine/signal/signal_store.hpp"

namespace polyquant::app {

class SignalPipeline {
public:
    SignalPipeline(
        asio::any_io_executor executor,
        runtime::Clock& clock,
        runtime::Bus& bus,
        runtime::SidePool& training,
        config::RunConfig const& config,
        signal::SignalParams params,
        signal::SignalStore& store,
        std::function<void(Failure const&)> on_failure
    );

    // Closed bars, oldest first; before start(), or later where the history came late.
    void warm_up(Asset asset, std::span<Bar const> history);
    // Subscribes and starts every coroutine.
    void start(runtime::Supervisor& supervisor);

    signal::SignalActor& actor() { return actor_; }

    signal::SignalActor const& actor() const { return actor_; }

private:
    runtime::Clock& clock_;
    runtime::Bus& bus_;
    models::ModelActor models_;
    signal::SignalActor actor_;
};

} // namespace polyquant::app
