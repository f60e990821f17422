// Rolling walk-forward splits: train on the past, test on the days after, never the other way.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/time.hpp"

#include <span>
#include <vector>

namespace polyquant::models::validation {

struct WalkForwardOptions {
    Seconds train{7 * 86'400}; // 0: everything before, growing
    Seconds step{86'400};      // length of each test block; blocks follow each other without gaps
    // Rows whose outcome is known only after (test start - embargo) are purged from training.
    // Even 0 purges outcomes that reach into the test block.
    Seconds embargo{300};
    // Test blocks begin with the one this lies in, even where less than the training span lies
    // before it; the default waits for a whole span.
    UtcTime first_test = UtcTime::min();
    // The last part of the training span, kept apart for early stopping and calibration; rows
    // between the two parts are purged in the same way.
    Seconds tune{0};
    std::size_t train_rows_min = 100;
    std::size_t test_rows_min = 10;
};

// When a row's inputs were known and when its outcome is.
struct RowTimes {
    UtcTime decided_at{};
    UtcTime outcome_at{};
};

struct IndexRange {
    std::size_t first = 0;
    std::size_t last = 0; // one past

    std::size_t size() const { return last - first; }
};

struct WalkForwardStep {
    UtcTime test_start{};
    IndexRange train{};
    IndexRange tune{}; // empty where options.tune is 0
    IndexRange test{};
};

// Rows sorted by decided_at, outcomes in the same order or equal (refused otherwise). Test blocks
// start at the first row + train span (or, growing, + step) on the grid of `step`, unless
// first_test says otherwise; steps with too few rows are left out.
Result<std::vector<WalkForwardStep>>
walk_forward(std::span<RowTimes const> rows, WalkForwardOptions const& options);

} // namespace polyquant::models::validation
