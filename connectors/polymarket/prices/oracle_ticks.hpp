// The oracle's prices from whichever sources bring them: each second of a series once, with what
// is missing known.
#pragma once

#include "connectors/net/silence_watchdog.hpp"
#include "connectors/polymarket/parse/price_feed.hpp"
#include "engine/ports/live_feed.hpp"

#include <array>
#include <optional>
#include <vector>

namespace polyquant::polymarket {

// Pure. Series: the time-weighted average of one length, and the spot price, of each asset; prices
// of others are counted and dropped. FeedState topics of feed "oracle": "btc" for the average,
// which settles the markets, and "btc spot".
class OracleTicks {
public:
    struct Counts {
        std::uint64_t ticks = 0;
        std::uint64_t copies = 0;         // the other source, or a backfill, brought it before
        std::uint64_t contradictions = 0; // a copy with another price: the first one stands
        std::uint64_t other_series = 0;
    };

    OracleTicks(std::vector<Asset> assets, Seconds twap_length, Nanos silence_max, EventSink sink);

    void restarted(Instant now);
    void take(PriceFrame const& frame, UtcTime utc, Instant now);
    void check(UtcTime utc, Instant now);
    // No source is connected any more.
    void all_lost(std::string const& why, UtcTime utc, Instant now);

    // Is the average stamped with this very second known?
    bool has_average(Asset asset, UtcTime at) const;
    // No series of any asset has a fresh price.
    bool is_silent() const;
    bool is_healthy(Asset asset) const;

    Counts const& counts() const { return counts_; }

private:
    // A slot a second; the two minutes of a backfill fit.
    static constexpr std::size_t seconds_kept = 256;

    struct Point {
        UtcTime at{};
        UsdPrice price;
    };

    struct Series {
        Asset asset = Asset::btc;
        PriceSource source = PriceSource::chainlink_twap;
        net::SilenceWatchdog::TopicId topic = 0;
        std::array<Point, seconds_kept> known{};
    };

    Series* find(PriceTick const& tick);
    void say(net::SilenceWatchdog::Change const& change, std::string why, UtcTime utc);

    Seconds twap_length_;
    EventSink sink_;
    net::SilenceWatchdog watchdog_;
    bool counting_ = false; // silences
    std::vector<Series> series_;
    Counts counts_;
};

} // namespace polyquant::polymarket
