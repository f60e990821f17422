// Everything a live run hears of the world, wired: coins from Binance and the oracle, markets and
// books from Polymarket.
#pragma once

#include "config/run_config.hpp"
#include "connectors/net/net_context.hpp"
#include "connectors/polymarket/prices/oracle_feed.hpp"
#include "engine/ports/live_feed.hpp"
#include "engine/runtime/bus.hpp"
#include "engine/runtime/side_pool.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace polyquant::app {

class LiveFeeds {
public:
    struct Hooks {
        EventSink sink;
        std::function<void(std::string const&)> say;
        // The bars before the first live one; called once for each coin, before any live bar.
        std::function<void(Asset, std::span<Bar const>)> on_history;
        // For oracle prices by PolyBolt; asked until it returns some. RTDS serves without.
        polymarket::OracleFeed::Credentials credentials = [] {
            return std::optional<crypto::ApiCredentials>{};
        };
    };

    // Fault::storage when the bar cache cannot be opened.
    static Result<std::unique_ptr<LiveFeeds>> create(
        net::NetContext context,
        runtime::SidePool& cache_pool, // for the bar cache's file and for pages of scans
        config::RunConfig const& config,
        std::filesystem::path const& cache_directory,
        std::vector<std::string> slugs_wanted,
        Hooks hooks
    );
    ~LiveFeeds();
    LiveFeeds(LiveFeeds const&) = delete;
    LiveFeeds& operator=(LiveFeeds const&) = delete;

    // Subscribes to what markets are listed, and starts every feed.
    void start(runtime::Bus& bus, runtime::Supervisor& supervisor);

    // A listed market's books and outcome again, after let_go(). Both may be called from within an
    // event of the feeds: they take effect a moment later.
    void follow(Market const& market);
    void let_go(ConditionId const& market);
    // Takes over what a reload may change: what the expiry strategies want scanned.
    void reload(config::RunConfig const& config);

    // Ours minus the venue's; empty until it was measured.
    std::optional<Nanos> clock_offset() const;

private:
    struct State;

    explicit LiveFeeds(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

} // namespace polyquant::app
