// One audit row of the signal runner: what was seen and believed of one coin at the start of one
// window, what would have been bet, and, once known, what came of it.
#pragma once

#include "engine/core/book.hpp"
#include "engine/core/facts.hpp"
#include "models/features.hpp"
#include "models/signal.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::signal {

struct SignalParams {
    Usdc bankroll = usd(1'000);
    double kelly_fraction = 0.25;
    double kelly_cap = 0.05; // of the bankroll, after the fraction
    Usdc bet_min = usd_cents(50);
    double min_edge = 0.03; // of P - ask, before the fee, as the original did
    Seconds delay{2};       // after the window's start: the strike and the first books are there
};

// What a bet would have been. Formulas, for whoever recomputes them:
//   b = (1 - ask) / ask,  f = (P b - (1 - P)) / b,  kelly = clip(fraction f, 0, cap)
//   bet = kelly bankroll, rounded down to cents; 0 below bet_min or with P - ask below min_edge
//   shares = bet / ask, rounded down to 0.01;  cost = shares ask, rounded up to micros
//   fee by the market's schedule, rounded up to 5 decimals
//   pnl = (won ? shares : 0) - cost - fee
struct Bet {
    double kelly = 0;
    Usdc bet;
    Shares shares;
    Usdc cost;
    Usdc fee;

    friend bool operator==(Bet const&, Bet const&) = default;
};

Bet bet_at(
    SignalParams const& params,
    Usdc bankroll,
    double win_probability,
    Price ask,
    FeeSchedule const& fee
);

struct SignalRow {
    std::string slug; // of the window's market, listed or not: the row's id
    UtcTime at{};
    Asset asset = Asset::btc;
    Window window;
    bool listed = false;             // the venue has this market
    Outcome direction = Outcome::up; // the side with P >= 0.5
    std::optional<double> logistic;
    std::optional<double> heuristic;
    std::optional<double> ensemble;
    std::optional<double> window_model;
    // The same had its volatility forecast been off by its usual error, lower and higher.
    std::optional<double> window_low;
    std::optional<double> window_high;
    Quote up;
    Quote down;
    std::optional<double> edge;           // P - ask of the direction
    std::optional<double> edge_vs_mid;    // P - mid
    std::optional<double> edge_after_fee; // P - ask - fee a share
    Bet bet;
    FeeSchedule fee;
    std::optional<UsdPrice> spot;
    std::array<double, 6> features{}; // rsi, macd_hist, bb_zscore, net_taker_flow, vol_ratio, ret_5
    bool bets = false;
    Reason why = Reason::order_sent; // why not, where it does not bet
    Usdc bankroll_before;
    // Once the window is settled:
    bool resolved = false;
    std::optional<UsdPrice> strike;
    std::optional<UsdPrice> exit_price;
    std::optional<Outcome> outcome; // of a resolved window; empty then means half and half
    Usdc pnl;
    Usdc bankroll_after;
};

inline constexpr std::array row_features{
    models::Feature::rsi,
    models::Feature::macd_hist,
    models::Feature::bb_zscore,
    models::Feature::net_taker_flow,
    models::Feature::vol_ratio,
    models::Feature::ret_5
};

// What the outcome makes of the row; `bankroll` before the bet was settled.
void settle(SignalRow& row, WindowSettled const& window, Usdc bankroll);

// The columns of CSV and database, in order; a value that is not known is empty text.
std::vector<std::string_view> const& column_names();
std::vector<std::string> cells_of(SignalRow const& row);

} // namespace polyquant::signal
