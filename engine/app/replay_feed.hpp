// Recorded or generated input as the replay loop wants it, with a hook between events.
#pragma once

#include "connectors/tape/feed.hpp"
#include "engine/ports/timed_feed.hpp"
#include "engine/runtime/bus.hpp"

#include <array>
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
    // The bars that a recorded session began with. A live engine is warmed up with all of them at
    // once, which trains on the newest; published one by one, they would train on older ones.
    using OnHistory = std::function<void(Asset, std::vector<Bar> const&)>;

    ReplayFeed(RunInput& input, Between between, OnHistory on_history = {})
        : input_{input}, between_{std::move(between)}, on_history_{std::move(on_history)} {}

    std::optional<UtcTime> next_at() override { return input_.next_at(); }

    void publish_one(runtime::Bus& bus) override;

private:
    struct Batch {
        Asset asset = Asset::btc;
        UtcTime received_at{};
        std::vector<Bar> bars;
    };

    bool is_history(BarUpdate const& update);
    void hand_over();

    RunInput& input_;
    Between between_;
    OnHistory on_history_;
    Batch batch_;
    std::array<bool, asset_count> has_bars_{};
};

} // namespace polyquant::app
