// Minute or second bars out of the cache into files that other commands read.
#pragma once

#include "connectors/binance/kline_cache.hpp"

#include <filesystem>
#include <span>
#include <vector>

namespace polyquant::app {

// "<folder>/BTCUSDT-1m-20260413-20260414.csv" with the columns Binance's history is kept in. The
// file appears whole or not at all.
Result<std::filesystem::path> write_bar_csv(
    binance::KlineCache& cache,
    Asset asset,
    Seconds length,
    binance::TimeRange range,
    std::filesystem::path const& folder
);

// One tape with the closed bars of all coins in order of time, each received when it closed.
// Refused where the file exists.
Result<std::uint64_t> write_bar_tape(
    binance::KlineCache& cache,
    std::span<Asset const> assets,
    Seconds length,
    binance::TimeRange range,
    std::filesystem::path const& path
);

} // namespace polyquant::app
