// Events pulled out of something, one instant at a time.
#pragma once

#include "engine/core/events.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace polyquant::tape {

class EventSource {
public:
    virtual ~EventSource() = default;
    // Replaces `batch` by the next events, all received at one time, which is never before that of
    // the batch before. False at the end.
    virtual bool next(std::vector<Event>& batch) = 0;
};

// Several sources as one, in receive order; ties in the order of the sources.
class MergedSources final : public EventSource {
public:
    explicit MergedSources(std::vector<std::unique_ptr<EventSource>> sources);
    bool next(std::vector<Event>& batch) override;

private:
    struct Head {
        std::unique_ptr<EventSource> source;
        std::vector<Event> batch;
        bool ended = false;
    };

    std::vector<Head> heads_;
};

// A range of receive times, half open; either side may be missing.
struct TimeRange {
    std::optional<UtcTime> from;
    std::optional<UtcTime> to;

    bool contains(UtcTime t) const { return (!from || t >= *from) && (!to || t < *to); }
};

} // namespace polyquant::tape
