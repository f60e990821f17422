// Recorded sets of others as events. Each importer is a pull over a stream; rows that make no sense
// are counted in the report and left out. Nothing is emitted before it could have been known.
#pragma once

#include "connectors/tape/coverage.hpp"
#include "connectors/tape/event_source.hpp"
#include "connectors/tape/import_report.hpp"

#include <istream>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace polyquant::tape {

using Source = std::unique_ptr<EventSource>;

// The stream and the report must outlive the source. A failure means that nothing can be read.

// Binance spot bars: open_time_ms, open, high, low, close, volume, close_time_ms, quote_volume,
// trades, taker_buy_base, taker_buy_quote; blank trades and taker volume are NaN. A bar is a closed
// BarUpdate at its close time with a PriceTick{binance_bar} of its exact close right after it, and
// nothing at its open time: the open was not printed there as a bar's price.
struct BarFile {
    Asset asset = Asset::btc;
    Seconds length{60};
};

// From a name such as "BTCUSDT-1m-20240101-20250630.csv.gz".
std::optional<BarFile> bar_file_of(std::string_view file_name);
Result<Source> import_bars(std::istream& in, BarFile file, TimeRange range, ImportReport& report);

// Chainlink prints: feed_ts_ms, full_accuracy_value (1e18 of a USD, cut to 1e-8), recv_ms. Rows are
// in feed order; those that came in late are put where they were received, up to 10 s.
Result<Source>
import_chainlink(std::istream& in, Asset asset, TimeRange range, ImportReport& report);

// What the book recordings do not say about their markets.
struct BookMarketDefaults {
    Asset asset = Asset::btc;
    FeeSchedule fee{72'000, 1};
    Millis taker_delay{250};
    bool both_tokens = false; // also the token that was recorded for a part of the window only
};

// Level changes: recv_ms, exch_ms, slot_start_sec, asset_id, kind, side, price, size. Kind S
// without a side begins a snapshot and its S rows follow; D rows are levels' new sizes. Rows of one
// token with the same two times are one frame. A market is listed at its first row. Where the range
// begins within a recording, the book of the rows before it comes first as a snapshot.
Result<Source> import_book(
    std::istream& in,
    Coverage const& coverage,
    BookMarketDefaults const& defaults,
    TimeRange range,
    ImportReport& report
);

// Book messages of the market channel, one a line: {"recv_ms":..., "slug":..., "msg":{...}}. Each
// is a snapshot; a tick size that differs from the last one is told first.
Result<Source> import_book_replay(
    std::istream& in,
    Coverage const& coverage,
    BookMarketDefaults const& defaults,
    TimeRange range,
    ImportReport& report
);

// Gamma market objects, one a line, bare or as "raw" of a row. A market is listed 300 s before its
// window, or at its startDate (createdAt without one) where that is later, and resolved by the
// venue at its closedTime. A tick finer than 0.01 is what it had at the end; it is listed with
// 0.01. All objects are held in memory: a year of four assets is about 100 MB.
Result<Source>
import_gamma(std::istream& in, std::vector<Asset> assets, TimeRange range, ImportReport& report);

} // namespace polyquant::tape
