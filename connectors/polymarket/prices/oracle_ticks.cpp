#include "connectors/polymarket/prices/oracle_ticks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace polyquant::polymarket {

OracleTicks::OracleTicks(
    std::vector<Asset> assets, Seconds twap_length, Nanos silence_max, EventSink sink
)
    : twap_length_{twap_length}, sink_{std::move(sink)} {
    for (auto const asset : assets) {
        for (auto const source : {PriceSource::chainlink_twap, PriceSource::chainlink_spot}) {
            Series series;
            series.asset = asset;
            series.source = source;
            std::string topic{lower_name(asset)};
            if (source == PriceSource::chainlink_spot) topic += " spot";
            series.topic = watchdog_.add(std::move(topic), silence_max, Instant{});
            series_.push_back(std::move(series));
        }
    }
}

OracleTicks::Series* OracleTicks::find(PriceTick const& tick) {
    if (tick.source == PriceSource::chainlink_twap && tick.twap_length != twap_length_)
        return nullptr;
    auto const found = std::ranges::find_if(series_, [&](Series const& series) {
        return series.asset == tick.asset && series.source == tick.source;
    });
    return found == series_.end() ? nullptr : &*found;
}

void OracleTicks::restarted(Instant now) {
    watchdog_.all_restarted(now);
}

void OracleTicks::take(PriceFrame const& frame, UtcTime utc, Instant now) {
    counts_.other_series += frame.ignored;
    for (auto const& tick : frame.ticks) {
        auto* const series = find(tick);
        if (!series) {
            ++counts_.other_series;
            continue;
        }
        auto const at = tick.at.venue_time;
        if (unix_seconds(at) < 0) continue;
        auto& known = series->known[static_cast<std::size_t>(unix_seconds(at)) % seconds_kept];
        if (known.at == at) {
            ++counts_.copies;
            if (known.price != tick.price) ++counts_.contradictions;
            continue;
        }
        if (known.at < at) known = {at, tick.price};
        // A backfill tells of the past: whether the series is alive its next price says.
        if (!frame.snapshot)
            if (auto const change = watchdog_.heard(series->topic, now))
                say(*change, "prices are back", utc);
        ++counts_.ticks;
        sink_(tick);
    }
}

void OracleTicks::check(UtcTime utc, Instant now) {
    // Before the first connection nothing is silent since the beginning of time.
    if (!std::exchange(counting_, true)) watchdog_.all_restarted(now);
    for (auto const& change : watchdog_.check(now))
        say(change,
            fmt::format(
                "no price for {:.1f} s", std::chrono::duration<double>(change.silent_for).count()
            ),
            utc);
}

void OracleTicks::all_lost(std::string const& why, UtcTime utc, Instant now) {
    for (auto const& change : watchdog_.all_lost(now))
        say(change, why, utc);
}

bool OracleTicks::has_average(Asset asset, UtcTime at) const {
    return std::ranges::any_of(series_, [&](Series const& series) {
        auto const slot = static_cast<std::size_t>(unix_seconds(at)) % seconds_kept;
        return series.asset == asset && series.source == PriceSource::chainlink_twap &&
               series.known[slot].at == at;
    });
}

bool OracleTicks::is_silent() const {
    return watchdog_.stale_count() == series_.size();
}

bool OracleTicks::is_healthy(Asset asset) const {
    return std::ranges::any_of(series_, [&](Series const& series) {
        return series.asset == asset && series.source == PriceSource::chainlink_twap &&
               watchdog_.is_healthy(series.topic);
    });
}

void OracleTicks::say(net::SilenceWatchdog::Change const& change, std::string why, UtcTime utc) {
    sink_(FeedState{Stamp{utc, utc, 0}, "oracle", change.topic, change.healthy, std::move(why)});
}

} // namespace polyquant::polymarket
