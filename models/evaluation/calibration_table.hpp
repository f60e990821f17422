// Is the model calibrated within two points? Deciles of promises against what happened, for each
// coin and moment and pooled over them, with what sampling alone explains.
#pragma once

#include "models/evaluation/bar_evaluation.hpp"

#include <functional>
#include <string>
#include <vector>

namespace polyquant::models::evaluation {

inline constexpr std::size_t decile_count_min = 500; // promises a decile needs to be judged: more
inline constexpr double tolerance_points = 2;

struct DecileCell {
    std::string coin;     // "all" when pooled
    int seconds_left = 0; // 0: all moments together
    double from = 0;      // promises in [from, to)
    double to = 0;
    std::size_t count = 0;
    double promised = 0;
    double won = 0;
    // Of the gap, with the promises of one window (its moments and coins) counted as one draw: they
    // win and lose together, while gaps of different windows are uncorrelated where the promises
    // are honest.
    double standard_error = 0;
    std::vector<double> promises{};

    double gap_points() const { return 100 * (promised - won); }

    bool is_within() const;
    // The promise's band of two points lies wholly outside the Wilson interval of what happened:
    // no bad luck. `z` is 1.96 for one cell; for the worst of many see bonferroni_z().
    bool is_proven_beyond(double z) const;
    // 95 % intervals that miss 0 happen by chance alone in 5 % of cells.
    bool misses_promise() const;
};

// For `cells` intervals that shall all hold together with 95 %.
double bonferroni_z(std::size_t cells);

// How many cells a perfectly calibrated model with these very promises would have beyond two
// points, by drawing outcomes from the promises; cells taken as independent.
struct ExpectedMisses {
    double mean = 0;
    std::size_t low = 0; // 95 % of draws lie within
    std::size_t high = 0;
};

struct DecileSummary {
    std::size_t judged = 0;
    ExpectedMisses expected;
    std::size_t within = 0;
    std::size_t proven_beyond = 0;
    std::size_t misses = 0;
    double worst_standard_errors = 0;
};

// Which promises are judged: those of a member, or any other list a coin has.
using PromisesOf = std::function<std::vector<double> const&(CoinEvaluation const&)>;

struct CalibrationTable {
    std::vector<DecileCell> single;    // by coin and moment
    std::vector<DecileCell> by_moment; // pooled over coins
    std::vector<DecileCell> pooled;    // over coins and moments
};

CalibrationTable tabulate_calibration(BarEvaluation const& evaluation, Member member);
CalibrationTable
tabulate_calibration(BarEvaluation const& evaluation, PromisesOf const& promises_of);

DecileSummary summarise(std::vector<DecileCell> const& cells);

// The verdict in words and the three tables, in Markdown.
std::string calibration_verdict(CalibrationTable const& table);
std::string format_calibration(CalibrationTable const& table);

} // namespace polyquant::models::evaluation
