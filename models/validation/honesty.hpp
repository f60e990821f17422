// Two checks that run with every evaluation: a model trained on shuffled outcomes must know
// nothing, and no feature may change when the future does.
#pragma once

#include "engine/core/market.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace polyquant::models::validation {

// Outcomes dealt anew among groups (windows): rows of one group keep sharing one outcome, as they
// do in truth. Rows of a group must be neighbours and agree on their outcome (ENSUREd).
std::vector<double> shuffle_outcomes(
    std::span<double const> outcomes, std::span<std::int64_t const> group_of, std::uint64_t seed
);

struct PlaceboReport {
    std::vector<double> skills; // one per shuffle
    double mean = 0;
    double standard_error = 0; // of the mean
    // No skill beyond chance: mean <= 3 standard errors + tolerance.
    bool passed = false;
};

// `skill_of` trains and tests the whole pipeline on the given outcomes and returns its skill, for
// instance 1 - Brier / Brier of the base rate. Untrained luck is about 0 or below.
PlaceboReport run_placebo(
    std::function<double(std::span<double const>)> const& skill_of,
    std::span<double const> outcomes,
    std::span<std::int64_t const> group_of,
    std::size_t repeats,
    std::uint64_t seed,
    double tolerance = 0.002
);

// Names of the columns that look ahead. `row_at(bars, t)` computes one row as of t from the whole
// series; it is asked twice, the second time with every bar that closes after t made absurd.
struct LookAheadProblem {
    std::string column;
    UtcTime at{};
    double honest = 0;    // with the true future
    double disturbed = 0; // with an absurd one
};

std::vector<LookAheadProblem> find_look_ahead(
    std::function<std::vector<double>(std::span<Bar const>, UtcTime)> const& row_at,
    std::span<Bar const> bars,
    std::span<UtcTime const> moments,
    std::span<std::string const> names
);

} // namespace polyquant::models::validation
