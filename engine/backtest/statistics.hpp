// Statistics of results that a sceptic asks for: ratios with their uncertainty, and what is left of
// them after counting how many variants were tried.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace polyquant::backtest {

struct Moments {
    std::size_t count = 0;
    double mean = 0;
    double sd = 0;       // with count - 1
    double skewness = 0; // third standardised moment, 0 for the normal
    double kurtosis = 3; // fourth, 3 for the normal
};

Moments moments_of(std::span<double const> values);

// Mean over deviation of whatever periods `returns` are of, with no annualisation, and its
// asymptotic 95 % interval (Lo 2002; Mertens 2002 for skewness and fat tails). NaN below 3 values
// or without any deviation.
struct Ratio {
    double value = 0;
    double low = 0;
    double high = 0;
    std::size_t count = 0;
};

Ratio sharpe_ratio(std::span<double const> returns);
// Over the root mean square of the negative part. The interval is a percentile bootstrap of the
// periods.
Ratio sortino_ratio(
    std::span<double const> returns, std::uint64_t seed, std::size_t resamples = 2000
);

// Chance that the true Sharpe ratio is above `benchmark` (Bailey and Lopez de Prado 2012).
double probabilistic_sharpe(std::span<double const> returns, double benchmark);

// The Sharpe ratio the best of `trials` worthless variants is expected to show, given the
// deviation of the ratio among the trials (Bailey and Lopez de Prado 2014, equation 6). 0 for one.
double expected_best_sharpe(std::size_t trials, double sharpe_sd_of_trials);

// Probabilistic Sharpe against that benchmark: below 0.95 the best of so many trials is no proof.
double
deflated_sharpe(std::span<double const> returns, std::size_t trials, double sharpe_sd_of_trials);

// Smallest p-value of `trials` independent ones, corrected (Sidak).
double corrected_p_value(double p, std::size_t trials);

struct Drawdown {
    double depth = 0;     // largest fall from a peak, in the series' own unit
    std::size_t peak = 0; // positions in the series
    std::size_t trough = 0;
    std::size_t recovered = 0; // where the peak was reached again; size() if never
};

Drawdown max_drawdown(std::span<double const> equity);

std::size_t longest_losing_streak(std::span<double const> results);

double quantile(std::span<double const> sorted, double share); // linear between neighbours
double inverse_normal(double p);

} // namespace polyquant::backtest
