// Where the coins go: the one source of every price in the sandbox. Steps of a fifth of a second,
// so that trades, bars, oracle prints and books of all assets follow one path.
#pragma once

#include "engine/core/market.hpp"

#include <array>
#include <memory>
#include <vector>

namespace polyquant::sandbox {

inline constexpr Millis path_step{200};

// All coins at one moment, in USD.
struct CoinPrices {
    std::array<double, asset_count> exchange{}; // middle of the exchange's quote (USDT)
    std::array<double, asset_count> oracle{};   // what the oracle reads: other venues, a basis away
    // Relative to the long-run mean, 1 in quiet times: trading follows volatility.
    std::array<double, asset_count> activity{};
};

class PricePath {
public:
    virtual ~PricePath() = default;
    // The next `length` of the path; the state at its end. Deterministic by construction.
    virtual CoinPrices step(Nanos length) = 0;
    // Per square root of a second, as it is now: what a well informed trader would know.
    virtual double volatility(Asset asset) const = 0;
};

// Seeded, fitted to recorded data (docs/sandbox.md names the figures and where they come from).
std::unique_ptr<PricePath> make_generated_path(std::uint64_t seed);

// Plays recorded one-minute bars, all assets beginning at their first bar, and starts over at the
// end. Between a bar's open, extremes and close the path is a seeded Brownian bridge.
std::unique_ptr<PricePath>
make_recorded_path(std::array<std::vector<Bar>, asset_count> bars, std::uint64_t seed);

} // namespace polyquant::sandbox
