// Monte-Carlo proof of the closed form: simulated prices, settled by the rule itself, must come
// out Up as often as promised.
#pragma once

#include "models/window/closed_form.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace polyquant::models::window {

// One (seconds left, average length) cell at one distance between spot and strike.
struct ClosedFormCell {
    double seconds_left = 0;
    double average_seconds = 0;
    double z = 0;               // where the strike was put
    double promised = 0;        // closed form
    double observed = 0;        // share of paths that ended Up
    double standard_errors = 0; // (observed - promised) / binomial standard error
};

// Geometric Brownian paths in steps of one second inside the average, settled by the exact mean of
// the path (the part of the integral between two steps is drawn from its Brownian-bridge law).
// Strikes are put at the given z; all strikes of a cell share its paths.
std::vector<ClosedFormCell> check_closed_form(
    double seconds_left,
    double average_seconds,
    std::span<double const> z_scores,
    std::size_t paths,
    std::uint64_t seed
);

// The cells of the full check: L of 0, 30, 60 and tau from 5 s to 240 s.
std::vector<ClosedFormCell> check_all_cells(std::size_t paths, std::uint64_t seed);

// A Markdown table, worst deviation last.
std::string format_cells(std::span<ClosedFormCell const> cells, std::size_t paths);

} // namespace polyquant::models::window
