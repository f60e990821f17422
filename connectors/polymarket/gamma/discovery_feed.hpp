// Finds the markets of the windows in progress and ahead, and lists those that may be traded.
#pragma once

#include "connectors/polymarket/gamma/discovery_plan.hpp"
#include "connectors/polymarket/gamma/gamma_client.hpp"
#include "engine/ports/live_feed.hpp"

#include <deque>
#include <set>

namespace polyquant::polymarket {

// Publishes
//   MarketListed       once a market, after every rule was checked on both of the venue's views
//   FeedState "gamma"  topic = slug: unhealthy with the reason when a market is refused (once a
//                      reason), healthy again when it is listed after all or over;
//                      topic = "btc" ...: unhealthy while the coin's window in progress is missing
// Markets are looked up minutes ahead, one worker a coin, so that one slow answer holds up nobody
// else's; nothing that trades waits for any of it.
class DiscoveryFeed final : public LiveFeed {
public:
    struct Options {
        DiscoveryLimits limits{};
        Nanos call_max = Seconds{8};
    };

    struct Refusal {
        std::string slug;
        std::string reason;
        UtcTime at{};
    };

    struct Counts {
        std::uint64_t questions = 0;
        std::uint64_t failures = 0; // questions that got no answer
        std::uint64_t listed = 0;
        std::uint64_t refused = 0;     // markets
        std::uint64_t never_ready = 0; // over before they could be listed
    };

    DiscoveryFeed(net::NetContext& context, GammaClient& gamma, Options options, EventSink sink);

    std::string_view name() const override { return "gamma"; }

    Task<void> run() override;

    Counts const& counts() const { return counts_; }

    // The newest, at most 64.
    std::deque<Refusal> const& refusals() const { return refusals_; }

private:
    Task<void> work(Asset asset);
    Task<void> look_up(DiscoveryTarget target);
    Task<Result<Vetted>> ask(DiscoveryTarget target);
    void refuse(DiscoveryTarget const& target, std::string reason);
    void report_health();
    void say(std::string topic, bool healthy, std::string reason);

    net::NetContext& context_;
    GammaClient& gamma_;
    Options options_;
    EventSink sink_;
    DiscoveryPlan plan_;
    Counts counts_;
    std::deque<Refusal> refusals_;
    std::set<std::string> refused_topics_; // reported as unhealthy
    std::map<Asset, bool> healthy_;
    UtcTime began_{};
};

} // namespace polyquant::polymarket
