#include "engine/alerts/alert_book.hpp"

namespace polyquant::alerts {

bool AlertBook::has_room(Instant now) {
    constexpr Seconds hour{3'600};
    while (!told_.empty() && told_.front() <= now - hour)
        told_.pop_front();
    return told_.size() < static_cast<std::size_t>(limits_.notices_per_hour);
}

void AlertBook::tell(std::vector<Notice>& notices, Notice notice, Instant now) {
    told_.push_back(now);
    notice.held_back = std::exchange(held_back_, 0);
    notices.push_back(std::move(notice));
}

std::vector<Notice>
AlertBook::update(std::vector<Condition> const& wrong, Instant now, UtcTime utc) {
    std::vector<Notice> notices;
    for (auto const& condition : wrong) {
        Key const key{condition.kind, condition.subject};
        auto known = entries_.find(key);
        if (known == entries_.end()) {
            if (entries_.size() >= entries_max) continue;
            known = entries_.emplace(key, Entry{{}, now, now, {}}).first;
        }
        auto& entry = known->second;
        entry.text = condition.text;
        entry.seen = now;
        using State = Notice::State;
        auto const is_due = !entry.told ? now - entry.since >= limits_.patience(condition.kind)
                                        : now - *entry.told >= limits_.repeat_after;
        if (!is_due) continue;
        if (!has_room(now)) {
            if (!std::exchange(entry.held_back, true)) ++held_back_;
            continue;
        }
        if (std::exchange(entry.held_back, false) && held_back_ > 0) --held_back_;
        auto const state = entry.told ? State::repeated : State::raised;
        entry.told = now;
        tell(notices, {condition.kind, condition.subject, state, condition.text, utc}, now);
    }
    for (auto it = entries_.begin(); it != entries_.end();) {
        auto const& entry = it->second;
        auto const gone = now - entry.seen;
        // What nobody was told of needs no end, and begins anew when it comes back.
        if (gone == Nanos{0} || (entry.is_active() && gone < limits_.clear_after)) {
            ++it;
            continue;
        }
        if (entry.told) {
            Notice notice{it->first.first, it->first.second, Notice::State::cleared, {}, utc};
            notice.lasted = entry.seen - entry.since;
            if (has_room(now))
                tell(notices, std::move(notice), now);
            else
                ++held_back_;
        }
        it = entries_.erase(it);
    }
    return notices;
}

std::vector<Condition> AlertBook::active() const {
    std::vector<Condition> found;
    for (auto const& [key, entry] : entries_)
        if (entry.is_active()) found.push_back({key.first, key.second, entry.text});
    return found;
}

std::uint64_t AlertBook::active(AlertKind kind) const {
    std::uint64_t n = 0;
    for (auto const& [key, entry] : entries_)
        if (key.first == kind && entry.is_active()) ++n;
    return n;
}

} // namespace polyquant::alerts
