// Copies what a live run knows of itself into figures for metrics, dashboard and alerts, and times
// the way of events through the engine. The engine's thread only.
#pragma once

#include "connectors/net/endpoint_groups.hpp"
#include "engine/app/engine.hpp"
#include "engine/metrics/figures.hpp"
#include "engine/runtime/lag_meter.hpp"

namespace polyquant::app {

class EngineProbe {
public:
    struct Parts {
        Engine& engine;
        runtime::Bus& bus;
        runtime::Clock const& clock; // the engine's
        runtime::LagMeter const& lag;
        double clock_factor = 1;
        UtcTime started_at{}; // of the machine
        // Adds what only the session knows: status, queues, recording, mode.
        std::function<void(metrics::Figures&)> complete;
    };

    explicit EngineProbe(Parts parts);

    // Subscribes; before the engine starts.
    void start();

    void count_calls_of(net::EndpointGroups const& groups) { groups_ = &groups; }

    // Around the publishing of one event. One in eight is timed: reading the clock three times
    // would be a tenth of the whole.
    void before(Event const& event) {
        timing_ = ++seen_ % sampled == 0;
        if (timing_) begin(event);
    }

    void features_done() {
        if (timing_) end_features();
    }

    void after() {
        if (timing_) end();
    }

    metrics::FiguresPtr figures() const;

private:
    static constexpr std::uint64_t sampled = 8;

    void begin(Event const& event);
    void end_features();
    void end();
    void on_feed(FeedState const& state);
    void on_book(TokenId const& token, FeedState const& state);
    void add_topics(metrics::Figures& figures) const;
    void add_engine(metrics::Figures& figures) const;
    void add_positions(metrics::Figures& figures) const;
    void add_lag(metrics::Figures& figures) const;

    Parts parts_;
    runtime::LiveClock real_;
    net::EndpointGroups const* groups_ = nullptr;
    metrics::StageTimes stages_;
    metrics::Activity activity_;

    struct DoubtedBook {
        UtcTime since{};
        std::string reason;
    };

    // Books come and go with their markets, so a feed's are one topic: a name for each would be a
    // new time series in Prometheus every few minutes, for ever.
    struct BookFeed {
        UtcTime since{};
        std::map<TokenId, DoubtedBook> doubted;
    };

    std::map<std::pair<std::string, std::string>, metrics::TopicState> topics_;
    std::map<std::string, BookFeed> book_feeds_;
    std::map<std::string, std::uint64_t> openings_;
    std::uint64_t seen_ = 0;
    bool timing_ = false;
    Instant began_{};
    std::optional<Instant> features_at_;
};

} // namespace polyquant::app
