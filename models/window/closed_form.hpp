// The chance that a window ends Up, by the market's own settlement rule, in closed form.
//
// With spot S, volatility s a square-root second, tau seconds left and the final value an average
// over the last L seconds (L = 0: the spot price itself), a driftless Brownian price gives
//   tau >= L:  mean S,                          variance S^2 s^2 (tau - 2L/3)
//   tau <  L:  mean ((L - tau) A + tau S) / L,  variance S^2 s^2 tau^3 / (3 L^2)
// where A is the mean price over the elapsed part of the average. First line: the price walks
// tau - L seconds to the start of the average, and the mean of a Brownian path over L seconds has
// variance L/3 around its start. Second line: only the integral over the last tau seconds is
// random, with variance tau^3/3. Both agree at tau = L (variance L/3).
// Up iff final >= strike, ties Up.
#pragma once

#include "models/window/tail_shape.hpp"

namespace polyquant::models::window {

// All prices in USD of the same source; only ratios matter.
struct WindowState {
    double strike = 0;          // spot or average at the window's start
    double spot = 0;            // now
    double average_so_far = 0;  // over the elapsed part of the final average; unused before it
    double seconds_left = 0;    // to the close; below 0 counts as 0
    double average_seconds = 0; // L; 0 means settled by spot
};

// What we know badly, as standard deviations.
struct Uncertainty {
    double sigma = 0; // of the price's log return, per square-root second
    // Relative standard deviation of `sigma` itself (0.2 = 20 %); only the band uses it.
    double sigma_relative_sd = 0;
    // Relative error of the final value or the strike against the official one (basis between
    // exchanges, proxy averages): 0.0001 = 1 basis point. Does not shrink with the time left.
    double price_noise = 0;
    // The price grid of the official value in USD. A final equal to the strike is Up, so on a grid
    // the strike counts half a step lower; 0 where prices are as good as continuous (Chainlink).
    double grid = 0;
};

// Seconds of price walk that the final value still has before it: tau, tau - 2L/3, tau^3/(3L^2).
double effective_seconds(double seconds_left, double average_seconds);

struct FinalValue {
    double mean = 0; // USD
    double sd = 0;   // USD, from sigma and price_noise
};

FinalValue final_value(WindowState const& state, Uncertainty const& uncertainty);

// Standard deviations by which the expected final value clears the strike; +-infinity when
// nothing is left to chance, NaN when an input is NaN or a price is not positive.
double z_score(WindowState const& state, Uncertainty const& uncertainty);

// P(UP) in [0, 1]; NaN when z is.
double
up_probability(WindowState const& state, Uncertainty const& uncertainty, TailShape const& shape);

// P(UP) with sigma one relative standard deviation lower and higher, in order: the model's own
// doubt that comes from the volatility forecast.
struct ProbabilityBand {
    double low = 0;
    double middle = 0;
    double high = 0;
};

ProbabilityBand
up_band(WindowState const& state, Uncertainty const& uncertainty, TailShape const& shape);

} // namespace polyquant::models::window
