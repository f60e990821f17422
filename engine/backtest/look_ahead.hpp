// Does anything know what it cannot know yet? Three ways to find out: the future is made absurd,
// cut off, or held back by one bar.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/market.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace polyquant::backtest {

// Columns of numbers as of a moment, from the whole series of bars. What is asked of them: that
// they use bars closed by then.
struct ColumnSource {
    std::vector<std::string> names;
    std::function<std::vector<double>(std::span<Bar const>, UtcTime)> row_at;
};

// The engine's own 46 features.
ColumnSource feature_columns();

struct ColumnFinding {
    std::string column;
    std::string what; // in words, with the numbers
};

struct LookAheadFindings {
    std::size_t moments = 0;
    std::vector<ColumnFinding> disturbed; // changed when later bars were made absurd
    std::vector<ColumnFinding> truncated; // changed when later bars were cut off
    // Knows the target too well, and much less when held back by one bar. A suspicion: disturbance
    // and truncation are proofs.
    std::vector<ColumnFinding> suspicious;

    bool clean() const { return disturbed.empty() && truncated.empty() && suspicious.empty(); }
};

// `moments` are spread evenly over the bars' closes, after the first hundred; the shift test takes
// all of them as its sample. `horizon` is the target's, in bars.
LookAheadFindings find_look_ahead(
    ColumnSource const& source, std::span<Bar const> bars, std::size_t moments, std::size_t horizon
);

// Labels: a label must be decided by the bars of its own horizon alone. Names the moments whose
// label changes when later bars do.
std::vector<std::string>
find_label_look_ahead(std::span<Bar const> bars, std::size_t moments, std::size_t horizon);

} // namespace polyquant::backtest
