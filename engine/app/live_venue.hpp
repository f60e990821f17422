// Where orders go in each mode.
#pragma once

#include "config/run_config.hpp"
#include "connectors/net/net_context.hpp"
#include "connectors/polymarket/clob/clob_session.hpp"
#include "engine/ledger/ledger_lock.hpp"
#include "engine/ports/live_feed.hpp"
#include "engine/ports/order_venue.hpp"
#include "engine/runtime/bus.hpp"
#include "engine/runtime/clock.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace polyquant::app {

class Engine;

// The engine is made with a venue, and a real venue with the engine's supervisor: this stands in
// between until there is one, and refuses every order so long.
class VenueSlot final : public OrderVenue {
public:
    void set(OrderVenue& venue) { venue_ = &venue; }

    std::optional<VenueRefusal> refusal(PlaceOrder const& order, UtcTime now) const override;
    void anticipate(PlaceOrder const& order) override;
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

    // Of the account, once the venue has proved them; empty on paper.
    virtual std::optional<crypto::ApiCredentials> credentials() const { return std::nullopt; }

    // An order of an earlier start that goes on: what the venue may still have to say about it.
    virtual void remember(PreparedOrder const&) {}

    // After every order was cancelled: asks the venue what rests, and cancels again what is ours.
    // Fails when something of ours may still rest at the deadline.
    virtual Task<Result<void>> verify_nothing_rests(Instant) { co_return Result<void>{}; }
};

// Who trades at the exchange: the account, and its lock for as long as the venue lives.
struct ExchangeAccount {
    polymarket::ClobAccount account;
    ledger::LedgerLock wallet;
};

// The sandbox's own key, made at the first call.
Result<ExchangeAccount> sandbox_account(std::filesystem::path const& sandbox);

// The simulated venue on live books: no key, no money.
std::unique_ptr<LiveVenue> make_paper_venue(
    runtime::Clock& clock,
    asio::any_io_executor executor,
    config::RunConfig const& config,
    LiveVenue::Hooks hooks
);

// The exchange, or a sandbox that speaks like it. `directory` is the run's.
Result<std::unique_ptr<LiveVenue>> make_exchange_venue(
    net::NetContext context,
    config::RunConfig const& config,
    std::filesystem::path const& directory,
    ExchangeAccount account,
    Engine& engine,
    LiveVenue::Hooks hooks
);

} // namespace polyquant::app
