// The tape as the replay loop wants it, with a hook between events.
#pragma once

#include "connectors/tape/feed.hpp"
#include "engine/ports/timed_feed.hpp"
#include "engine/runtime/bus.hpp"

#include <functional>

namespace polyquant::app {

class ReplayFeed final : public TimedFeed {
public:
    // Called before each event with the number of events published so far: the one place where
    // outside commands (a reload) take effect, so that they can be repeated exactly there.
    using Between = std::function<void(std::uint64_t published)>;

    ReplayFeed(tape::TapeFeed& tape, Between between) : tape_{tape}, between_{std::move(between)} {}

    std::optional<UtcTime> next_at() override { return tape_.next_at(); }

    void publish_one(runtime::Bus& bus) override {
        between_(tape_.events());
        if (auto* event = tape_.next()) bus.publish(std::move(*event));
    }

private:
    tape::TapeFeed& tape_;
    Between between_;
};

} // namespace polyquant::app
