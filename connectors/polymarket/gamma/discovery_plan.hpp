// Which windows to look up, and when to ask (again).
#pragma once

#include "connectors/net/jitter.hpp"
#include "connectors/polymarket/gamma/vetting.hpp"
#include "connectors/polymarket/gamma/window_series.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::polymarket {

struct DiscoveryLimits {
    std::vector<Asset> assets{all_assets.begin(), all_assets.end()};
    std::vector<WindowSeries> series{WindowSeries::five_minutes};
    Nanos ahead = Seconds{600}; // windows that begin within this are looked up
    Nanos retry_min = Seconds{2};
    Nanos retry_max = Seconds{30};
    Nanos refused_retry = Seconds{60}; // a refusal may be a passing state of the venue's caches
    // Around the beginning of each window everybody's requests wait behind the trading.
    Nanos quiet_before = Seconds{2};
    Nanos quiet_after = Seconds{5};
};

// One market by its place in a series; the slug is the key.
struct DiscoveryTarget {
    WindowSeries series = WindowSeries::five_minutes;
    Asset asset = Asset::btc;
    Window window;
    std::string slug;

    enum class State : std::uint8_t { wanted, listed, refused } state = State::wanted;
    int attempts = 0;
    UtcTime next_at{};
    std::string reason; // the latest, while it is not listed
};

// Pure. Holds the current window and those ahead of each asset and series; forgets those that are
// over.
class DiscoveryPlan {
public:
    DiscoveryPlan(DiscoveryLimits limits, net::Random random);

    // Takes in what has come into reach; returns what is over.
    std::vector<DiscoveryTarget> refresh(UtcTime now);

    // The most urgent target of this asset whose time has come: the earliest window first.
    DiscoveryTarget const* due(Asset asset, UtcTime now) const;
    std::optional<UtcTime> next_at(Asset asset) const;

    void listed(std::string const& slug);
    // True when this reason is news.
    bool refused(std::string const& slug, std::string reason, UtcTime now);
    // Not there yet, or the question failed.
    void postponed(std::string const& slug, std::string reason, UtcTime now);

    // The window of this series in progress.
    DiscoveryTarget const* current(Asset asset, WindowSeries series, UtcTime now) const;

    DiscoveryLimits const& limits() const { return limits_; }

    std::size_t size() const { return targets_.size(); }

private:
    UtcTime out_of_quiet(DiscoveryTarget const& target, UtcTime at) const;

    DiscoveryLimits limits_;
    net::Random random_;
    std::map<std::string, DiscoveryTarget> targets_;
};

} // namespace polyquant::polymarket
