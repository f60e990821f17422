#include "engine/app/bar_output.hpp"

#include "connectors/binance/kline_client.hpp"
#include "connectors/tape/writer.hpp"
#include "engine/app/build_info.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;
using binance::TimeRange;

// So many bars are in memory at once.
constexpr std::int64_t chunk_bars = 50'000;

// All that Binance prints has at most eight decimals, and no reader wants an exponent.
std::string decimal(double value) {
    if (std::isnan(value)) return {};
    auto text = fmt::format("{:.8f}", value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

std::string day_text(UtcTime t) {
    auto text = format_utc(t).substr(0, 10);
    std::erase(text, '-');
    return text;
}

Result<void> write_rows(std::ofstream& file, std::vector<Bar> const& bars) {
    for (auto const& bar : bars)
        file << fmt::format(
            "{},{},{},{},{},{},{},,{},{},\n",
            unix_millis(bar.open_time),
            decimal(bar.open),
            decimal(bar.high),
            decimal(bar.low),
            decimal(bar.close),
            decimal(bar.volume),
            unix_millis(bar.close_time()) - 1,
            decimal(bar.trades),
            decimal(bar.taker_buy_base)
        );
    return {};
}

std::vector<TimeRange> chunks_of(TimeRange range, Seconds length) {
    std::vector<TimeRange> chunks;
    for (auto from = range.from; from < range.until;) {
        auto const until = std::min(range.until, from + length * chunk_bars);
        chunks.push_back({from, until});
        from = until;
    }
    return chunks;
}

} // namespace

Result<fs::path> write_bar_csv(
    binance::KlineCache& cache, Asset asset, Seconds length, TimeRange range, fs::path const& folder
) {
    std::error_code ec;
    fs::create_directories(folder, ec);
    if (ec) return Failure{Fault::storage, folder.string(), "cannot be made: " + ec.message()};
    auto const path = folder / fmt::format(
                                   "{}-{}-{}-{}.csv",
                                   binance_symbol(asset),
                                   binance::interval_name(length),
                                   day_text(range.from),
                                   day_text(range.until)
                               );
    auto const unfinished = fs::path{path.string() + ".part"};
    std::ofstream file{unfinished, std::ios::trunc};
    file << "open_time_ms,open,high,low,close,volume,close_time_ms,quote_volume,trades,"
            "taker_buy_base,taker_buy_quote\n";
    for (auto const& chunk : chunks_of(range, length)) {
        auto const bars = cache.bars(asset, length, chunk);
        if (!bars) return bars.error();
        write_rows(file, *bars);
    }
    file.close();
    if (file) fs::rename(unfinished, path, ec);
    if (!file || ec)
        return Failure{
            Fault::storage,
            path.string(),
            "cannot be written: " + (ec ? ec.message() : "disk full?")
        };
    return path;
}

Result<std::uint64_t> write_bar_tape(
    binance::KlineCache& cache,
    std::span<Asset const> assets,
    Seconds length,
    TimeRange range,
    fs::path const& path
) {
    tape::Metadata metadata;
    metadata.source = "Binance spot, GET /api/v3/klines";
    metadata.created_by = "polyquant fetch " + code_version();
    for (auto const asset : assets)
        metadata.symbols.emplace_back(to_string(asset));
    auto writer = tape::TapeWriter::create(path, metadata, {.compression_level = 19});
    if (!writer) return writer.error();
    for (auto const& chunk : chunks_of(range, length)) {
        std::vector<BarUpdate> updates;
        for (auto const asset : assets) {
            auto const bars = cache.bars(asset, length, chunk);
            if (!bars) return bars.error();
            for (auto const& bar : *bars)
                updates.push_back({{bar.close_time(), bar.close_time(), 0}, asset, bar, true});
        }
        std::sort(updates.begin(), updates.end(), [](BarUpdate const& a, BarUpdate const& b) {
            return std::pair{a.at.received_at, a.asset} < std::pair{b.at.received_at, b.asset};
        });
        for (auto const& update : updates)
            if (auto appended = writer->append(Event{update}); !appended) return appended.error();
    }
    if (auto closed = writer->close(); !closed) return closed.error();
    return writer->records();
}

} // namespace polyquant::app
