// Where orders go in each mode.
#pragma once

#include "config/run_config.hpp"
#include "engine/ports/live_feed.hpp"
#include "engine/ports/order_venue.hpp"
#include "engine/runtime/bus.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/supervisor.hpp"

#include <memory>

namespace polyquant::app {

class LiveVenue {
public:
    virtual ~LiveVenue() = default;

    virtual OrderVenue& orders() = 0;
    // Subscribes and starts what the venue needs; before the engine starts.
    virtual void start(runtime::Bus& bus, runtime::Supervisor& supervisor) = 0;
};

// The simulated venue on live books: no key, no money.
std::unique_ptr<LiveVenue> make_paper_venue(
    runtime::Clock& clock,
    asio::any_io_executor executor,
    config::RunConfig const& config,
    EventSink sink
);

} // namespace polyquant::app
