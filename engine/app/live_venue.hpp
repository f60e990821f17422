// Where orders go in each mode.
#pragma once

#include "config/run_config.hpp"
#include "connectors/net/net_context.hpp"
#include "engine/app/run_command.hpp"
#include "engine/ports/live_feed.hpp"
#include "engine/ports/order_venue.hpp"
#include "engine/runtime/bus.hpp"
#include "engine/runtime/clock.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace polyquant::app {

class Engine;

// The engine is made with a venue, and a real venue with the engine's supervisor: this stands in
// between until there is one, and refuses every order so long.
class VenueSlot final : public OrderVenue {
public:
    void set(OrderVenue& venue) { venue_ = &venue; }

    std::optional<VenueRefusal> refusal(PlaceOrder const& order, UtcTime now) const override;
    Result<PreparedOrder> prepare(Approved<PlaceOrder> const& order, UtcTime now) override;
    Task<Result<OrderAck>> post(PreparedOrder order, Instant deadline) override;
    Task<Result<OrderAck>> cancel(OrderId order, Instant deadline) override;
    Task<Result<OrderReport>> look_up(OrderId order, Instant deadline) override;

private:
    OrderVenue* venue_ = nullptr;
};

class LiveVenue {
public:
    struct Hooks {
        // Reports about our own orders.
        EventSink publish;
        std::function<void(std::string const&)> say;
    };

    virtual ~LiveVenue() = default;

    virtual OrderVenue& orders() = 0;
    // Subscribes and starts what the venue needs; before the engine starts.
    virtual void start(runtime::Bus& bus, Engine& engine) = 0;

    // Whether our books equal the venue's; empty where there are none to compare with.
    virtual std::optional<bool> books_agree() const { return std::nullopt; }
};

// The simulated venue on live books: no key, no money.
std::unique_ptr<LiveVenue> make_paper_venue(
    runtime::Clock& clock,
    asio::any_io_executor executor,
    config::RunConfig const& config,
    LiveVenue::Hooks hooks
);

// The exchange, or the sandbox that speaks like it. `directory` is the run's, `sandbox` the
// sandbox's own: its key lives there.
Result<std::unique_ptr<LiveVenue>> make_exchange_venue(
    Mode mode,
    net::NetContext context,
    config::RunConfig const& config,
    std::filesystem::path const& directory,
    std::filesystem::path const& sandbox,
    Engine& engine,
    LiveVenue::Hooks hooks
);

} // namespace polyquant::app
