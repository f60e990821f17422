// Does a further column help a model that is already there? It is kept only where predictions of
// days (or hours) it was not fitted on say so.
#pragma once

#include "models/calibration/scores.hpp"
#include "models/validation/rows.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace polyquant::models::calibration {

enum class Folding : std::uint8_t {
    walk_forward, // fitted on all earlier blocks; the first three are only learned from
    left_out,     // fitted on all other blocks: for recordings of a few days
};

// One entry a row, rows in order of time. NaN in a column says nothing there.
struct TrialRows {
    explicit TrialRows(std::vector<std::string> column_names)
        : names{std::move(column_names)}, columns{names.size()} {}

    std::vector<std::string> names;
    validation::RowTable columns;
    std::vector<double> promised; // P(UP) of the model without the columns
    std::vector<double> outcome;  // 1 Up, 0 Down
    std::vector<std::int64_t> window;
    std::vector<std::int64_t> block; // ascending
};

struct ColumnTrial {
    std::string title;
    std::vector<std::string> names;
    std::size_t rows = 0; // that were predicted
    std::size_t blocks = 0;
    double covered = 0; // share of cells that are not NaN
    double loss_without = 0;
    double loss_with = 0;
    BootstrapMean gain; // of log loss, by resampling blocks

    // Fewer blocks agree too easily for an interval to mean what it says.
    static constexpr std::size_t blocks_min = 10;

    bool is_kept() const { return gain.blocks >= blocks_min && gain.low > 0; }
};

// The model's log-odds with a slope, plus the columns (standardised by the rows they are fitted
// on), all drawn towards the model by a ridge; against the same with the slope alone. Fails with
// rows of one block only.
Result<ColumnTrial>
try_columns(std::string title, TrialRows const& rows, Folding folding, std::uint64_t seed);

// Columns in use: standardised, times their coefficients, added to a promise's log-odds. A cell
// that is not known adds nothing, so that a row of none leaves the promise as it is.
struct ColumnFit {
    struct Scale {
        double mean = 0;
        double deviation = 1;

        double operator()(double value) const;
    };

    std::vector<Scale> scales; // one a column, as the coefficients
    std::vector<double> coefficients;

    double apply(double promised, std::span<double const> row) const;
};

// On all rows, with try_columns()'s ridge and weights but no slope: what a slope would mend is the
// model's own calibration.
Result<ColumnFit> fit_columns(TrialRows const& rows);

std::string format_trials(std::vector<ColumnTrial> const& trials); // a Markdown table

} // namespace polyquant::models::calibration
