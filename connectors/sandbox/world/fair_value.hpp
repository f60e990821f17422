// What the other traders think a market is worth: they know the oracle, the rule and how the coins
// move.
#pragma once

#include "connectors/sandbox/world/market_list.hpp"
#include "connectors/sandbox/world/oracle.hpp"

namespace polyquant::sandbox {

// P(the coin stands at or above `strike` after `left`); `sigma` of log returns per square root of a
// second.
double probability_above(double spot, double strike, double sigma, Nanos left);

// P(final average >= strike) of a five-minute market. With the strike known, `tau` seconds left and
// averages of L seconds: for tau >= L the final one has mean S and variance s^2 (tau - 2L/3); for
// tau < L mean ((L - tau) A + tau S) / L and variance s^2 tau^3 / (3 L^2), A the average so far.
double updown_probability(
    Oracle const& oracle, WorldMarket const& market, double spot, double sigma, UtcTime now
);

} // namespace polyquant::sandbox
