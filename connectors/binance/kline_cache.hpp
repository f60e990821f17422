// Closed bars on disk, so that a restart fetches only what is missing.
#pragma once

#include "engine/core/market.hpp"

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace polyquant::binance {

// Open times in [from, until).
struct TimeRange {
    UtcTime from{};
    UtcTime until{};

    bool is_empty() const { return until <= from; }

    friend bool operator==(TimeRange const&, TimeRange const&) = default;
};

// For each coin and bar length: bars, and the ranges for which the venue was asked. A bar that is
// absent from such a range does not exist at the venue and is not asked for again.
//
// Calls block: they belong on a side pool, and may come from any of its threads. Several processes
// may share a file. What a power cut takes is fetched again; a file that cannot be read is a
// failure that names it and says that it may be deleted.
class KlineCache {
public:
    static constexpr char const* file_name = "bars.sqlite"; // where nobody says otherwise

    // Makes the file and its directory if need be. ":memory:" keeps everything in this process.
    static Result<std::shared_ptr<KlineCache>> open(std::filesystem::path const& path);
    ~KlineCache();
    KlineCache(KlineCache const&) = delete;
    KlineCache& operator=(KlineCache const&) = delete;

    // In order of time. An impossible bar in the file is a failure, not a bar.
    Result<std::vector<Bar>> bars(Asset asset, Seconds length, TimeRange range);
    // Parts of the range nobody asked the venue about, in order of time.
    Result<std::vector<TimeRange>> missing(Asset asset, Seconds length, TimeRange range);
    // Parts of the range without bars, asked for or not.
    Result<std::vector<TimeRange>> gaps(Asset asset, Seconds length, TimeRange range);

    // In one transaction. `asked` holds all of the bars, which are closed and lie on the grid of
    // their length; anything else is Fault::invalid and nothing is stored.
    Result<void> store(Asset asset, Seconds length, std::span<Bar const> bars, TimeRange asked);

private:
    struct State;
    explicit KlineCache(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

// The holes between bars in order of time, and at both ends of the range.
std::vector<TimeRange> gaps_between(std::span<Bar const> bars, Seconds length, TimeRange range);

} // namespace polyquant::binance
