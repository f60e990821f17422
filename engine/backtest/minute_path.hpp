// A coin's price inside a minute of which only the bar is known. Invented, but it begins at the
// open, ends at the close and touches high and low; between them it walks at random.
#pragma once

#include "engine/core/market.hpp"
#include "engine/core/random.hpp"

#include <array>

namespace polyquant::backtest {

// Prices at the bar's seconds 0, 1, ..., 60. The same bar and seed give the same path. Bias: the
// walk inside is smoother than a real one, which has jumps.
std::array<double, 61> minute_path(Bar const& bar, std::uint64_t seed);

} // namespace polyquant::backtest
