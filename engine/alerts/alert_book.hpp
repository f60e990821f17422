// Which alerts are active, and what is told when: each trouble once, again after hours, and its
// end; at most so many messages an hour. A pure state machine.
#pragma once

#include "engine/alerts/alert.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace polyquant::alerts {

class AlertBook {
public:
    struct Limits {
        std::function<Nanos(AlertKind)> patience; // a condition lasts so long before it is told
        Nanos clear_after = Seconds{60};          // and is absent so long before it is over
        Nanos repeat_after = Seconds{4 * 3'600};
        int notices_per_hour = 20;
    };

    explicit AlertBook(Limits limits) : limits_{std::move(limits)} {}

    // Everything that is wrong at `now`; call it every second or so.
    std::vector<Notice> update(std::vector<Condition> const& wrong, Instant now, UtcTime utc);

    // Those that lasted long enough and are not over, by kind and subject.
    std::vector<Condition> active() const;
    std::uint64_t active(AlertKind kind) const;

private:
    static constexpr std::size_t entries_max = 512; // a flood of names fills no memory

    struct Entry {
        std::string text;
        Instant since{};
        Instant seen{};
        std::optional<Instant> told;
        bool held_back = false; // due, and above the limit an hour: told when there is room

        bool is_active() const { return told || held_back; }
    };

    using Key = std::pair<AlertKind, std::string>;

    void tell(std::vector<Notice>& notices, Notice notice, Instant now);
    bool has_room(Instant now);

    Limits limits_;
    std::map<Key, Entry> entries_;
    std::deque<Instant> told_; // within the last hour
    std::uint64_t held_back_ = 0;
};

} // namespace polyquant::alerts
