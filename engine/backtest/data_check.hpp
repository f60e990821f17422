// What is wrong with a set of bars: holes, impossible and improbable values, clocks that disagree.
#pragma once

#include "engine/core/market.hpp"
#include "models/window/window_dataset.hpp"

#include <string>
#include <vector>

namespace polyquant::backtest {

struct BarGap {
    UtcTime from{};
    UtcTime to{};
};

struct BarOutlier {
    UtcTime at{};
    double log_return = 0;
    double deviations = 0; // of a robust standard deviation
    bool reverted = false; // the next bar took most of it back: a bad print rather than a move
};

struct BarSetCheck {
    Asset asset = Asset::btc;
    std::size_t bars = 0;
    UtcTime first{};
    UtcTime last{};
    std::size_t missing = 0;
    std::vector<BarGap> gaps;
    std::vector<std::string> defects; // bars that cannot be true
    std::vector<BarOutlier> outliers; // over 15 robust deviations
    std::size_t repeated = 0;         // no move, no range and no volume
    std::size_t longest_repeat = 0;
    bool has_trades = false; // trade counts and taker volume
    // Minutes by which the coin's returns follow BTC's best; other than 0 hints at a shifted clock.
    int lag_to_btc = 0;
    double correlation_to_btc = 0; // at that lag
    double correlation_at_zero = 0;
};

std::vector<BarSetCheck> check_bars(models::window::AssetBars const& bars);
std::vector<std::string> bar_check_text(std::vector<BarSetCheck> const& checks);
// Something a backtest should not be run on without thought.
bool has_findings(std::vector<BarSetCheck> const& checks);

} // namespace polyquant::backtest
