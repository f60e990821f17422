// Notices topics that went silent on a socket that still looks healthy.
#pragma once

#include "engine/core/time.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::net {

// Pure. A topic is stale from the instant nothing was heard for its limit, and healthy from the
// next message on; each change is reported once. A new topic has its limit's time for its first
// message and counts as stale, unreported, until then.
class SilenceWatchdog {
public:
    using TopicId = std::size_t;

    struct Change {
        std::string topic;
        bool healthy = false;
        Nanos silent_for{0};
        bool operator==(Change const&) const = default;
    };

    TopicId add(std::string topic, Nanos silence_max, Instant now);
    // The topic is over (a market closed); nothing more is reported of it. Its id is reused.
    void remove(TopicId id);

    // Constant time, no allocation unless the topic was stale.
    std::optional<Change> heard(TopicId id, Instant now);
    // Topics that went silent since the last check, in the order they were added.
    std::vector<Change> check(Instant now);
    // The connection is gone: every healthy topic is stale at once.
    std::vector<Change> all_lost(Instant now);
    // The connection is back: silence counts from now.
    void all_restarted(Instant now);

    bool is_healthy(TopicId id) const;
    std::size_t stale_count() const;
    // The earliest instant check() could report something.
    std::optional<Instant> next_check() const;

private:
    struct Topic {
        std::string name;
        Nanos silence_max{0};
        Instant heard_at{};
        bool healthy = false;
        bool reported_stale = false;
        bool in_use = true;
    };

    std::vector<Topic> topics_;
    std::vector<TopicId> free_;
};

} // namespace polyquant::net
