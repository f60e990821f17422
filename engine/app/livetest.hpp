// One round trip of the smallest size with real orders, by the same execution, books and venue that
// a run trades with: rest and cancel, buy, wait until it is settled, sell, wait again.
#pragma once

#include "engine/app/engine.hpp"
#include "engine/ports/order_venue.hpp"

#include <functional>
#include <optional>
#include <string>

namespace polyquant::app {

struct LivetestLimits {
    Usdc most = usd(5);        // all that may ever be at stake
    Seconds ready_max{180};    // to connect, compare the books and find a market
    Seconds settle_max{120};   // from a match to its confirmation
    Seconds answer_max{20};    // of the venue, to an order or a cancel
    Seconds least_left{150};   // to the window's end, or the next one is waited for
    Price ask_min = cents(10); // nearer to an end nobody may take the shares back
    Price ask_max = cents(90);
    int attempts_max = 8; // of an order that finds no match
    Seconds attempt_pause{1};
};

struct LivetestResult {
    bool passed = false;  // bought, settled, and sold or left as said
    std::string remained; // "flat", or exactly what is left
};

inline StrategyName const livetest_strategy{"livetest"};

// The session's configuration with what a livetest may do and no strategy: its own limits hold.
config::RunConfig livetest_config(config::RunConfig config, Usdc most);

class Livetest {
public:
    using Say = std::function<void(std::string const&)>;

    // Listens to facts from now on.
    Livetest(
        Engine& engine,
        OrderVenue const& venue,
        runtime::Clock& clock,
        LivetestLimits limits,
        Say say
    );

    Task<LivetestResult> run();

private:
    struct Place {
        Asset asset = Asset::btc;
        Outcome outcome = Outcome::up;
        Window window;
    };

    // What became of the order in flight; times are the facts' own.
    struct Watched {
        OrderId id;
        std::optional<Instant> answered;
        std::optional<Instant> matched;
        std::optional<Instant> settled;
        OrderState state = OrderState::created;
        std::string text;
    };

    void on(Fact const& fact);
    std::optional<Place> choose(int ticks) const;
    MarketView view_of(Place const& place) const;
    PlaceOrder order_for(Place const& place, Side side, Price limit, Shares size) const;
    Shares least_size(Market const& market, Price price) const;
    bool send(PlaceOrder const& order, Place const& place, std::string const& what);
    Task<std::optional<Place>> ready();
    Task<bool> rest_and_cancel(Place place);
    Task<bool> buy(Place& place);
    Task<bool> sell(Place place);
    Task<bool> finish_order(std::string what);
    Task<bool> wait_for(std::function<bool()> done, Nanos most);
    void step(std::string const& name, Nanos took, std::string const& text);
    std::string remained() const;
    void give_back();

    Engine& engine_;
    OrderVenue const& venue_;
    runtime::Clock& clock_;
    LivetestLimits limits_;
    Say say_;
    Watched watched_{};
    Instant sent_{};
};

} // namespace polyquant::app
