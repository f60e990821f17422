// Everything that metrics, dashboard and alerts say of a running engine: values copied on the
// engine's thread at one moment, read on another.
#pragma once

#include "engine/metrics/activity.hpp"
#include "engine/metrics/stage_times.hpp"
#include "engine/observe/status_snapshot.hpp"
#include "engine/observe/status_text.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::metrics {

struct NamedCount {
    std::string name;
    std::uint64_t count = 0;
};

struct CallCount {
    std::string endpoint;
    std::string outcome; // an HTTP status, or what went wrong instead of an answer
    std::uint64_t calls = 0;
};

struct TopicState {
    std::string feed;
    std::string topic; // "books" for all the books of a feed together
    bool healthy = true;
    std::string reason;
    UtcTime since{}; // of the machine
};

struct QueueDepth {
    std::string name;
    std::size_t depth = 0;
};

// How late the loop was, cumulated like the buckets of a histogram.
struct LagFigures {
    struct Bucket {
        Nanos upper{0};
        std::uint64_t count = 0;
    };

    std::vector<Bucket> buckets;
    std::uint64_t count = 0;
    Nanos sum{0};
    Nanos p99{0};
    Nanos max{0};
};

struct OpenPosition {
    std::string strategy;
    std::string asset;
    std::string slug;
    Outcome outcome = Outcome::up;
    Shares exposure;
    Shares confirmed;
    Usdc cost;
    std::optional<UtcTime> closes; // its market, as the venue lists it
};

struct Figures {
    // Of the machine, whatever time the venue lives in.
    UtcTime taken_at{};
    Instant beat{};
    UtcTime started_at{};

    std::string version;
    std::string mode; // "paper"
    std::string directory;
    int process_id = 0;

    observe::StatusSnapshot status;
    std::vector<NamedCount> events; // by kind
    std::uint64_t facts = 0;
    std::size_t open_orders = 0;
    std::size_t unknown_orders = 0; // sent, with no answer that can be trusted
    std::size_t positions = 0;
    std::size_t windows_pending = 0;       // closed, outcome not known yet
    std::optional<Nanos> oldest_unsettled; // past the close of a window we hold shares of
    std::uint64_t settlements_contradicted = 0;
    std::optional<bool> books_agree; // with the venue; empty where there are no books to compare
    std::optional<Nanos> clock_offset;
    std::vector<TopicState> topics;
    std::vector<NamedCount> breaker_openings;
    std::vector<CallCount> calls;
    std::vector<QueueDepth> queues;
    std::uint64_t tape_records_lost = 0;
    std::string recording_trouble;
    LagFigures lag;
    StageHistograms stages{};
    std::map<Field, FieldActivity> activity;
    std::vector<RecentOrder> recent_orders; // the newest first
    std::uint64_t windows_settled = 0;
    std::vector<OpenPosition> open_positions;
    bool stopping = false;
};

using FiguresPtr = std::shared_ptr<Figures const>;

// The newest figures, handed from the engine's thread to others.
class LatestFigures {
public:
    void put(FiguresPtr figures) {
        std::lock_guard const lock{mutex_};
        newest_ = std::move(figures);
    }

    // Null before the first.
    FiguresPtr get() const {
        std::lock_guard const lock{mutex_};
        return newest_;
    }

private:
    mutable std::mutex mutex_;
    FiguresPtr newest_;
};

} // namespace polyquant::metrics
