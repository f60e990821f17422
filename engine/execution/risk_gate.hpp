// The only maker of approved orders. Every limit is checked against the worst case before the order
// leaves, so that it holds even if no message ever comes back.
#pragma once

#include "config/risk_params.hpp"
#include "engine/execution/portfolio.hpp"
#include "engine/ports/approved.hpp"

#include <optional>
#include <string>
#include <variant>

namespace polyquant::execution {

// What the gate must know about the moment. An empty age means "never heard of": refused. Give zero
// for an input that the strategy does not use.
struct RiskView {
    UtcTime now{};
    Market const* market = nullptr; // of the intent; null when it is not listed any more
    std::optional<Nanos> book_age;
    std::optional<Nanos> spot_age;
    std::optional<Nanos> signal_age;
    std::optional<Nanos> clock_offset; // ours minus the venue's, either sign
};

struct Refusal {
    Reason reason = Reason::trading_halted;
    std::string text; // with the numbers
};

using Verdict = std::variant<Approved<PlaceOrder>, Refusal>;

class RiskGate {
public:
    RiskGate(config::RiskParams limits, Portfolio const& portfolio)
        : limits_{std::move(limits)}, portfolio_{portfolio} {}

    // The first that applies, in this order:
    //   trading_halted       the engine or the strategy was halted
    //   calibration_stopped  a buy of a strategy, or of its coin, whose promises broke
    //   calibration_reduced  what the reduction leaves is less than the venue takes
    //   kill_switch          the strategy's bankroll (positions at cost) is below the limit
    //   clock_offset         unknown or too large
    //   market_closed        no market, another market's token, or the window is over
    //   price_out_of_bounds  limits of [risk], or off the market's grid
    //   stale_data           book, spot or signal too old or unknown
    // and for buys, which alone can lose more than is already at risk:
    //   loss_streak          so many losses in a row, until the cool-down is over
    //   held_elsewhere       another strategy is in this market and [risk] same_market = "first"
    //   daily_loss           today's loss, if all open money and this order were lost as well
    //   exposure_total       the order alone is above order_max
    //   exposure_window, exposure_asset, exposure_total
    //   bankroll_short       cost at the limit plus fee is more than the strategy's free cash
    // For sells: bankroll_short when fewer confirmed shares are free than the order wants to sell.
    // An approved buy may be smaller than the intent: see size_allowed().
    Verdict check(PlaceOrder const& intent, RiskView const& view) const;

    // The size itself, or what [risk] calibration_reduced_size leaves of it while the promises of
    // the strategy or of its coin are in doubt; whole shares if the intent asks for whole ones.
    Shares size_allowed(PlaceOrder const& intent) const;

    // All limits at once, between two checks.
    void reload(config::RiskParams limits) { limits_ = std::move(limits); }

    config::RiskParams const& limits() const { return limits_; }

    // While a loss streak pauses the strategy: when the pause ends.
    std::optional<UtcTime> paused_until(StrategyName const& strategy, UtcTime now) const;

private:
    std::optional<Refusal>
    refusal(PlaceOrder const& asked, PlaceOrder const& allowed, RiskView const& view) const;
    std::optional<Refusal> check_state(
        StrategyAccount const& account, PlaceOrder const& intent, RiskView const& view
    ) const;
    std::optional<Refusal> check_calibration(
        StrategyAccount const& account,
        PlaceOrder const& asked,
        PlaceOrder const& allowed,
        RiskView const& view
    ) const;
    std::optional<Refusal> check_market(PlaceOrder const& intent, RiskView const& view) const;
    std::optional<Refusal> check_ages(RiskView const& view) const;
    std::optional<Refusal> check_money(
        StrategyAccount const& account, PlaceOrder const& intent, RiskView const& view
    ) const;

    config::RiskParams limits_;
    Portfolio const& portfolio_;
};

} // namespace polyquant::execution
