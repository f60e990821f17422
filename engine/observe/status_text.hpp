// Pure text of a status: the block redrawn on a terminal, the one line a window when piped, the
// table at a window's end and at the end of a run.
#pragma once

#include "engine/observe/status_snapshot.hpp"

#include <string>
#include <vector>

namespace polyquant::observe {

// One header line, one line an asset, one line a strategy; each cut to `width` columns.
std::vector<std::string> status_block(StatusSnapshot const& status, std::size_t width);

struct SettledWindow {
    std::string slug;
    std::optional<Asset> asset;
    Window window;
    std::optional<Outcome> winner;
    UsdPrice strike;
    UsdPrice final_price;
    PriceSource source = PriceSource::binance_bar;
    SettlementRule rule;
};

// "00:05:00 BTC DOWN strike 74011.2 final 73990.01 (spot, binance_bar)"
std::string outcome_line(SettledWindow const& window);
// The same followed by every strategy: " | s1 100.00 0.00 W0 L0 BTC edge_too_small ..."
std::string window_line(SettledWindow const& window, StatusSnapshot const& status);

// Strategy by strategy: bank, PnL, wins, losses, win rate, trades, pending, fill rate.
std::vector<std::string> strategy_table(StatusSnapshot const& status);

// "edge_too_small 812, ask_below_range 120": the most frequent first, ties in code order.
std::string top_reasons(ReasonCounts const& counts, std::size_t most);

// "calibration reduced (BTC stopped) e 12.3 n 45 promised 0.91 won 0.80"; empty before the first
// bet of a trusted strategy.
std::string calibration_text(CalibrationStatus const& calibration);

std::string age_text(Nanos age); // "0.3s", "65s", "3m"

} // namespace polyquant::observe
