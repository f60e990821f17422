// Written by tools/fit_sandbox.py from recorded data; docs/sandbox.md says what each figure is.
#pragma once

#include "engine/core/market.hpp"

#include <array>

namespace polyquant::sandbox::fitted {

struct Coin {
    double price;             // last close of the recording, USD
    double sigma;             // of log returns, per square root of a second
    double volume_per_minute; // coins, mean
    double trades_per_second; // assumed: the recording has no trade counts
};

inline constexpr std::array<Coin, asset_count> coins{{
    {78178.23, 7.687e-05, 12.33, 12.0},
    {2374.07, 9.936e-05, 219.0, 8.0},
    {88.31, 1.0107e-04, 1987.0, 5.0},
    {1.4532, 8.207e-05, 67945.0, 4.0},
}};

// Of one-minute log returns: BTC, ETH, SOL, XRP.
inline constexpr std::array<std::array<double, asset_count>, asset_count> correlation{{
    {1.0, 0.878, 0.817, 0.766},
    {0.878, 1.0, 0.826, 0.769},
    {0.817, 0.826, 1.0, 0.750},
    {0.766, 0.769, 0.750, 1.0},
}};

// Log volatility: two mean-reverting parts, fitted to the autocorrelation of absolute minute
// returns (0.28, 0.19, 0.16, 0.12, 0.06 after 1, 5, 15, 60, 240 minutes).
inline constexpr double fast_volatility_sd = 0.33;
inline constexpr double fast_volatility_seconds = 150;
inline constexpr double slow_volatility_sd = 0.37;
inline constexpr double slow_volatility_seconds = 9'000;

// Jumps common to all coins, which make the minutes beyond six standard deviations.
inline constexpr double jumps_per_hour = 0.1;
inline constexpr double jump_sigmas = 6; // of a minute

// The oracle follows the market with a lag: its one-second returns have autocorrelations of 0.32,
// 0.13 and 0.07, those of an exponential average over so many seconds.
inline constexpr double oracle_lag_seconds = 0.88;
// USDT against USD and the choice of venues: the exchange stands above the oracle.
inline constexpr double basis_mean = 3.0e-4;
inline constexpr double basis_sd = 0.5e-4;
inline constexpr double basis_seconds = 3'600;

// Books, by distance from the best price in cents: log of the level's size in shares.
inline constexpr std::array<double, 21> level_log_mean{4.96, 5.45, 5.65, 5.80, 5.92, 5.94, 5.97,
                                                       6.01, 6.03, 6.06, 6.07, 6.07, 6.07, 6.09,
                                                       6.11, 6.13, 6.14, 6.13, 6.13, 6.13, 6.12};
inline constexpr std::array<double, 21> level_log_sd{1.47, 0.98, 0.84, 0.76, 0.71, 0.67, 0.64,
                                                     0.64, 0.61, 0.62, 0.63, 0.63, 0.66, 0.70,
                                                     0.72, 0.75, 0.77, 0.77, 0.79, 0.79, 0.79};
// Where changes happen: share of all changes at the best price, one cent away ...
inline constexpr std::array<double, 21> change_share{0.140, 0.074, 0.065, 0.060, 0.054, 0.050,
                                                     0.045, 0.042, 0.040, 0.040, 0.040, 0.037,
                                                     0.031, 0.026, 0.023, 0.020, 0.017, 0.014,
                                                     0.013, 0.012, 0.157};
// Share of the time that the spread is 1, 2, 3, 4 cents.
inline constexpr std::array<double, 4> spread_share{0.80, 0.13, 0.05, 0.02};
// Level changes a second and token in the running window.
inline constexpr double changes_per_second = 185;

// Share of windows in which the favourite's asks below 0.99 are gone so many seconds before the
// end (100 windows of July 2026).
struct DryPoint {
    double seconds;
    double share;
};

inline constexpr std::array<DryPoint, 8> dry_share{{
    {300, 0.0},
    {120, 0.08},
    {90, 0.23},
    {60, 0.38},
    {45, 0.44},
    {30, 0.63},
    {20, 0.97},
    {10, 1.0},
}};

} // namespace polyquant::sandbox::fitted
