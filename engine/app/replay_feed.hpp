// Recorded or generated input as the replay loop wants it, with a hook between events.
#pragma once

#include "connectors/tape/feed.hpp"
#include "engine/ports/timed_feed.hpp"
#include "engine/runtime/bus.hpp"

#include <functional>
#include <string>
#include <vector>

namespace polyquant::app {

// What a simulated run is fed with.
class RunInput {
public:
    virtual ~RunInput() = default;
    virtual std::optional<UtcTime> next_at() = 0;
    // Valid until the call after; null at the end. Its caller owns it until then.
    virtual Event* next() = 0;
    virtual std::uint64_t events() const = 0; // handed out so far
    virtual std::vector<std::string> problems() const = 0;
};

class TapeInput final : public RunInput {
public:
    explicit TapeInput(tape::TapeFeed tape) : tape_{std::move(tape)} {}

    std::optional<UtcTime> next_at() override { return tape_.next_at(); }

    Event* next() override { return tape_.next(); }

    std::uint64_t events() const override { return tape_.events(); }

    std::vector<std::string> problems() const override { return tape_.problems(); }

private:
    tape::TapeFeed tape_;
};

class ReplayFeed final : public TimedFeed {
public:
    // Called before each event with the number of events published so far: the one place where
    // outside commands (a reload) take effect, so that they can be repeated exactly there.
    using Between = std::function<void(std::uint64_t published)>;

    ReplayFeed(RunInput& input, Between between) : input_{input}, between_{std::move(between)} {}

    std::optional<UtcTime> next_at() override { return input_.next_at(); }

    void publish_one(runtime::Bus& bus) override {
        between_(input_.events());
        if (auto* event = input_.next()) bus.publish(std::move(*event));
    }

private:
    RunInput& input_;
    Between between_;
};

} // namespace polyquant::app
