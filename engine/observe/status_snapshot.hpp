// What the console, and later metrics and the dashboard, show of a running engine: a copy of values
// at one instant, so that drawing never touches live state.
#pragma once

#include "engine/core/events.hpp"
#include "engine/core/facts.hpp"
#include "engine/core/market_view.hpp"
#include "engine/core/reason.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace polyquant::observe {

struct AssetStatus {
    Asset asset = Asset::btc;
    Window window;
    bool has_market = false;
    std::optional<PricePoint> strike;
    bool strike_disputed = false;
    std::optional<PricePoint> current; // the average so far where the rule is a TWAP, else spot
    bool current_is_average = false;
    std::optional<double> up; // P(UP), empty without a usable signal
    // P(UP) had the volatility forecast been off by its usual error, either way; empty where the
    // model knows no doubt of its own.
    std::optional<double> up_low;
    std::optional<double> up_high;
    std::string signal_note; // why there is no usable signal, or what quotes did to it
    Quote up_quote;
    Quote down_quote;
    std::optional<double> up_edge; // P - ask - fee, empty without both
    std::optional<double> down_edge;
    std::optional<Nanos> book_age;
    std::optional<Nanos> price_age;
    std::uint64_t orders_sent = 0;
    std::uint64_t orders_filled = 0;
    std::optional<DailyVerdict> verdict; // the newest
    std::optional<std::string> halted;   // why its markets were stopped
};

// How far a strategy's promises are believed, and the evidence (1 is none) against them.
struct CalibrationStatus {
    CalibrationState state = CalibrationState::trusted; // the worst of the strategy and its coins
    double evidence = 1;                                // over all coins
    std::uint64_t bets = 0;
    double promised = 0;
    double won = 0;
    std::vector<std::pair<Asset, CalibrationState>> coins; // those not trusted
};

struct StrategyStatus {
    std::string name;
    bool enabled = true;
    bool halted = false;
    Usdc bankroll; // cash + what open positions cost
    Usdc pnl;      // realised, of the current statistics epoch
    std::uint64_t wins = 0;
    std::uint64_t losses = 0;
    std::uint64_t trades = 0;
    std::uint64_t pending = 0; // orders in flight and positions not settled
    std::uint64_t orders_sent = 0;
    std::uint64_t orders_filled = 0;
    Reason last_reason = Reason::outside_zone; // why it is not trading right now
    std::optional<Reason> last_look;           // the newest answer that came from a market
    std::optional<Asset> last_look_asset;
    ReasonCounts reasons;
    CalibrationStatus calibration;
};

struct BreakerStatus {
    std::string endpoint_group;
    BreakerState state = BreakerState::closed;
};

struct StatusSnapshot {
    std::string mode; // "replay x60"
    UtcTime now{};
    bool trading_halted = false;
    std::string halt_text;
    std::vector<AssetStatus> assets;
    // Money beyond the strategies' hands, and markets whose end is not settled among the sources.
    Usdc redeemable;
    std::size_t redeeming = 0;  // markets whose transaction is on its way
    std::size_t unresolved = 0; // over, and the venue has named no result
    std::size_t disputed = 0;   // sources disagree: no redemption
    std::vector<StrategyStatus> strategies;
    std::vector<BreakerStatus> breakers;
    std::uint64_t events = 0;
    std::uint64_t quarantines = 0;
    std::optional<Nanos> loop_lag; // of a live clock; simulated time has none
};

} // namespace polyquant::observe
