// How good promised probabilities were: proper scores, reliability, and their uncertainty.
#pragma once

#include "engine/core/failure.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace polyquant::models::calibration {

// Promised probabilities and outcomes (0 or 1) throughout; equal sizes, not empty (ENSUREd).
double brier(std::span<double const> promised, std::span<double const> outcomes);
// Natural log; promises are kept within [1e-15, 1 - 1e-15] so that one wrong certainty stays
// finite.
double log_loss(std::span<double const> promised, std::span<double const> outcomes);
double log_loss_of(double promised, double outcome);

struct WilsonInterval {
    double low = 0;
    double high = 1;
};

// Wilson (1927) for a share of `wins` in `count`; z = 1.96 is 95 %. [0, 1] when count is 0.
WilsonInterval wilson(double wins, double count, double z = 1.959964);

struct ReliabilityBin {
    double from = 0; // promised in [from, to), the last bin includes its upper end
    double to = 1;
    std::size_t count = 0;
    double promised = 0; // mean; NaN when empty
    double observed = 0; // share that won; NaN when empty
    WilsonInterval interval;
};

std::vector<ReliabilityBin> reliability(
    std::span<double const> promised,
    std::span<double const> outcomes,
    std::span<double const> edges // ascending, at least two; what lies outside is left out
);

std::vector<double> equal_edges(std::size_t bins); // 0, 1/bins, ..., 1

// Brier = reliability - resolution + uncertainty + residual (Murphy 1973). The residual is what
// differing promises within one bin add or take.
struct BrierParts {
    double brier = 0;
    double reliability = 0; // 0 is perfect calibration
    double resolution = 0;  // what the model knows; at most uncertainty
    double uncertainty = 0; // base rate * (1 - base rate)
    double residual = 0;
};

BrierParts brier_parts(
    std::span<double const> promised, std::span<double const> outcomes, std::size_t bins = 20
);

// Expected calibration error: mean |promised - observed| over equal bins, weighted by count.
double expected_calibration_error(
    std::span<double const> promised, std::span<double const> outcomes, std::size_t bins = 10
);

// Variance of the promises: how far the model dares to leave the base rate.
double sharpness(std::span<double const> promised);

// A mean with its interval from resampling whole days: outcomes of one day share their weather.
struct BootstrapMean {
    double mean = 0;
    double low = 0; // 95 % percentile interval by default
    double high = 0;
    double share_not_positive = 0; // of resamples: how likely the true mean is <= 0
    std::size_t count = 0;
    std::size_t blocks = 0;
};

// `block_of` names each value's block (its day); blocks are drawn with replacement. With fewer than
// two blocks the interval is infinite: one day proves nothing.
BootstrapMean block_bootstrap(
    std::span<double const> values,
    std::span<std::int64_t const> block_of,
    std::uint64_t seed,
    std::size_t resamples = 2000,
    double level = 0.95
);

// Brier of `reference` minus Brier of `model` on the same outcomes, per row averaged: positive when
// the model is better than the reference (for instance the market's price).
BootstrapMean brier_advantage(
    std::span<double const> model,
    std::span<double const> reference,
    std::span<double const> outcomes,
    std::span<std::int64_t const> block_of,
    std::uint64_t seed,
    std::size_t resamples = 2000
);

// Markdown: one line a bin.
std::string format_reliability(std::span<ReliabilityBin const> bins);

} // namespace polyquant::models::calibration
