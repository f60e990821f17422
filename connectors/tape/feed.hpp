// Plays tapes as one stream of events in the order they were received.
#pragma once

#include "connectors/tape/reader.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::tape {

// One input: a tape, or the part of it received in [from, to).
struct TapeSource {
    std::filesystem::path path;
    std::optional<UtcTime> from;
    std::optional<UtcTime> to;
};

// Events of equal receive time come in the order of the sources, then of their tapes. With `from`
// set, markets listed earlier whose window ends after it are delivered first, as a program started
// then would learn of them: received at `from`. Where a tape ends in damage, a FeedState{"tape",
// path, healthy false} says so at the time of its last event, and other tapes go on. Raw frames are
// counted and left out: turning them into events is their connector's task.
class TapeFeed {
public:
    static Result<TapeFeed> open(std::vector<TapeSource> const& sources);

    // When the next event was received; empty at the end.
    std::optional<UtcTime> next_at() const;

    // The next event with seq 1, 2, 3 ..., valid until the call after; null at the end.
    // Its caller owns it until then: moving out of it is fine.
    Event* next();

    // Hands over one event; false at the end.
    bool publish_one(std::function<void(Event const&)> const& to);

    // Depends on what the tapes hold and on the ranges, not on paths or on reading: the same
    // inputs give the same run.
    std::uint64_t identity() const { return identity_; }

    // Events handed out so far, by kind; raw frames passed over at raw_frame_kind.
    std::array<std::uint64_t, kind_slots> const& counts() const { return counts_; }

    std::uint64_t events() const { return seq_; }

    Metadata const& metadata(std::size_t source) const { return inputs_[source].reader.metadata(); }

    // Damage and defects met so far, one line each, naming the tape.
    std::vector<std::string> problems() const;

private:
    struct Input {
        TapeReader reader;
        TapeSource source;
        // What was handed out must stay while the one after it is known already.
        std::array<Record, 2> slots{};
        std::size_t slot = 0;
        Event* head = nullptr; // in a slot
        std::optional<UtcTime> last{};
        bool ended = false;
    };

    TapeFeed() = default;

    void advance(Input& input);
    void end(Input& input);
    bool wanted(Input& input, Record& record);

    std::vector<Input> inputs_;
    std::uint64_t seq_ = 0;
    std::uint64_t identity_ = 0;
    std::array<std::uint64_t, kind_slots> counts_{};
};

// "a.tape: truncated at byte 512: ..." and the like for one tape, as far as it was read.
std::vector<std::string> problems_of(TapeReader const& reader);

} // namespace polyquant::tape
