#include "connectors/net/silence_watchdog.hpp"

#include <algorithm>

namespace polyquant::net {

SilenceWatchdog::TopicId SilenceWatchdog::add(std::string topic, Nanos silence_max, Instant now) {
    ENSURE(silence_max > Nanos{0}, "a topic may be silent for some time");
    Topic added{std::move(topic), silence_max, now};
    if (free_.empty()) {
        topics_.push_back(std::move(added));
        return topics_.size() - 1;
    }
    auto const id = free_.back();
    free_.pop_back();
    topics_[id] = std::move(added);
    return id;
}

void SilenceWatchdog::remove(TopicId id) {
    ENSURE(id < topics_.size() && topics_[id].in_use, "only a watched topic can be removed");
    topics_[id].in_use = false;
    free_.push_back(id);
}

std::optional<SilenceWatchdog::Change> SilenceWatchdog::heard(TopicId id, Instant now) {
    ENSURE(id < topics_.size() && topics_[id].in_use, "only a watched topic can be heard");
    auto& topic = topics_[id];
    auto const silent_for = now - topic.heard_at;
    topic.heard_at = now;
    if (topic.healthy) return std::nullopt;
    topic.healthy = true;
    topic.reported_stale = false;
    return Change{topic.name, true, silent_for};
}

std::vector<SilenceWatchdog::Change> SilenceWatchdog::check(Instant now) {
    std::vector<Change> changes;
    for (auto& topic : topics_) {
        auto const silent_for = now - topic.heard_at;
        if (!topic.in_use || topic.reported_stale || silent_for < topic.silence_max) continue;
        topic.healthy = false;
        topic.reported_stale = true;
        changes.push_back({topic.name, false, silent_for});
    }
    return changes;
}

std::vector<SilenceWatchdog::Change> SilenceWatchdog::all_lost(Instant now) {
    std::vector<Change> changes;
    for (auto& topic : topics_) {
        if (!topic.in_use || topic.reported_stale) continue;
        topic.healthy = false;
        topic.reported_stale = true;
        changes.push_back({topic.name, false, now - topic.heard_at});
    }
    return changes;
}

void SilenceWatchdog::all_restarted(Instant now) {
    for (auto& topic : topics_)
        topic.heard_at = now;
}

bool SilenceWatchdog::is_healthy(TopicId id) const {
    return id < topics_.size() && topics_[id].in_use && topics_[id].healthy;
}

std::size_t SilenceWatchdog::stale_count() const {
    return static_cast<std::size_t>(std::ranges::count_if(topics_, [](Topic const& t) {
        return t.in_use && !t.healthy;
    }));
}

std::optional<Instant> SilenceWatchdog::next_check() const {
    std::optional<Instant> next;
    for (auto const& topic : topics_) {
        if (!topic.in_use || topic.reported_stale) continue;
        auto const at = topic.heard_at + topic.silence_max;
        if (!next || at < *next) next = at;
    }
    return next;
}

} // namespace polyquant::net
