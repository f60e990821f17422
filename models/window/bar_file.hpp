// Bars from the CSV files Binance's history is kept in (plain or gzipped).
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/market.hpp"

#include <filesystem>
#include <vector>

namespace polyquant::models::window {

// Header: open_time_ms,open,high,low,close,volume,... (trades in column 9, taker_buy_base in 10;
// blank cells are NaN). Bars must rise in time; the first impossible one fails with its line.
Result<std::vector<Bar>> read_bar_file(std::filesystem::path const& path, Seconds length);

// All files "<SYMBOL>-1m-*.csv[.gz]" of a folder, joined in order of time; where two overlap the
// later file's bars win only after the earlier one's end.
Result<std::vector<Bar>> read_minute_bars(std::filesystem::path const& folder, Asset asset);

// The whole text of a plain or gzipped file.
Result<std::string> read_text_file(std::filesystem::path const& path);

} // namespace polyquant::models::window
