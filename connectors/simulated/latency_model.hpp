// How long a message takes, drawn from the run's seed.
#pragma once

#include "config/simulated_params.hpp"
#include "connectors/simulated/random.hpp"

#include <vector>

namespace polyquant::simulated {

// Bias: neutral when the figures are measured ones; the defaults are slower than a machine near the
// venue sees. Independent draws understate how latency clusters in busy seconds, and a busy second
// is when orders are sent: optimistic there.
class LatencyModel {
public:
    // Fixed: always the median. Lognormal: through the median and the 99th percentile. Measured:
    // between equally likely `quantiles` in milliseconds, times `scale`.
    LatencyModel(
        config::LatencyModel kind,
        Millis median,
        Millis p99,
        std::vector<double> quantiles = {},
        double scale = 1
    );

    // One draw, in whole microseconds. Always consumes the same number of random words.
    Nanos sample(Random& random) const;

private:
    double median_us_;
    double sigma_;                     // of the logarithm; 0: fixed
    std::vector<double> quantiles_us_; // empty: not measured
};

} // namespace polyquant::simulated
