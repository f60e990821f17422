// A strategy is a synchronous function of values: no coroutine, clock, socket or logger inside. The
// actor around it builds the input, counts the reasons and hands intents to the risk gate.
#pragma once

#include "config/strategy_kind.hpp"
#include "engine/core/market_view.hpp"
#include "engine/core/orders.hpp"
#include "models/signal.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::strategies {

// What this strategy has done on one outcome in the window under evaluation.
struct SideState {
    int orders_sent = 0;
    bool pending = false; // an order without a final answer, unknown ones included
    bool filled = false;  // at least one share bought
    UtcTime last_order_at{};
};

struct WindowState {
    std::array<SideState, 2> sides; // by Outcome

    SideState& operator[](Outcome o) { return sides[static_cast<std::size_t>(o)]; }

    SideState const& operator[](Outcome o) const { return sides[static_cast<std::size_t>(o)]; }
};

// References live for one call of decide().
struct StrategyInput {
    MarketView const& view;
    models::Signal const* signal = nullptr; // newest one for the asset, if any
    WindowState const& state;
    Usdc bankroll; // free money: neither in shares nor reserved by open orders
    std::uint64_t input_seq = 0;
    MarketView const* leader = nullptr; // the same window of Strategy::leader(), if there is one
};

// What one side looked like and how far its checks went: for the status line and the audit row.
struct SideAudit {
    bool evaluated = false;
    Reason reason = Reason::outside_zone;
    std::optional<Price> ask;
    double win_probability = 0;
    double edge = 0; // after fee where the strategy counts fees; 0 before an ask was seen

    friend bool operator==(SideAudit const&, SideAudit const&) = default;
};

// Never empty-handed: `reason` is order_sent exactly when there is an intent.
struct Decision {
    Reason reason = Reason::outside_zone;
    std::vector<Intent> intents; // empty (and unallocated) whenever nothing is done
    // The side that was bought or came nearest to it; empty when no side was looked at.
    std::optional<Outcome> side;
    std::array<SideAudit, 2> audit; // by Outcome

    SideAudit const& operator[](Outcome o) const { return audit[static_cast<std::size_t>(o)]; }

    SideAudit& operator[](Outcome o) { return audit[static_cast<std::size_t>(o)]; }
};

// What every strategy has, whatever it looks at: its name, parameters and epoch.
class ConfiguredStrategy {
public:
    explicit ConfiguredStrategy(config::StrategyConfig config)
        : config_{std::move(config)}, name_{config_.header.name}, epoch_{config_.epoch()} {}

    virtual ~ConfiguredStrategy() = default;
    ConfiguredStrategy(ConfiguredStrategy const&) = delete;
    ConfiguredStrategy& operator=(ConfiguredStrategy const&) = delete;

    StrategyName const& name() const { return name_; }

    std::string const& kind() const { return config_.header.kind; }

    bool enabled() const { return config_.header.enabled; }

    std::uint64_t epoch() const { return epoch_; }

    std::string printed_params() const { return config::print_params(config_.params->texts()); }

    std::vector<config::BreakEvenRow> break_even() const { return config_.params->break_even(); }

    config::StrategyConfig const& config() const { return config_; }

private:
    config::StrategyConfig config_;
    StrategyName name_;
    std::uint64_t epoch_;
};

// One that trades the windows of our coins.
class Strategy : public ConfiguredStrategy {
public:
    using ConfiguredStrategy::ConfiguredStrategy;

    // `view.now` never goes back between calls. All state that must survive a reload is in the
    // input, so that replacing the object loses nothing.
    virtual Decision decide(StrategyInput const& input) = 0;
    // Whether its markets should be evaluated for this asset at all.
    virtual bool trades(Asset asset) const = 0;
    // Evaluations before this much is left to the close are certain to end in outside_zone.
    virtual Seconds lead() const = 0;

    // Orders that decide() may want soon, so that they can be signed before: each as it would be
    // sent. Asked shortly before its zone and in it; what is left out is only signed later.
    virtual std::vector<PlaceOrder> likely_orders(StrategyInput const&) const { return {}; }

    // Another coin whose window it also looks at; it is then evaluated when that one changes, too.
    virtual std::optional<Asset> leader() const { return std::nullopt; }
};

} // namespace polyquant::strategies
