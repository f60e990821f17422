// A running hash of the input, written into the journal once a minute: two runs that saw different
// events differ there, and a tape that changed since is noticed at the right minute.
#pragma once

#include "engine/core/events.hpp"
#include "engine/runtime/journal.hpp"

namespace polyquant::app {

class InputDigest {
public:
    explicit InputDigest(runtime::Journal& journal) : journal_{journal} {}

    Result<void> on(Event const& event);
    // What is left of the last minute.
    Result<void> finish(UtcTime now);

    std::uint64_t events() const { return events_; }

private:
    Result<void> write(UtcTime at);

    runtime::Journal& journal_;
    std::uint64_t hash_ = 0;
    std::uint64_t events_ = 0;
    std::uint64_t written_events_ = 0;
    std::uint64_t last_seq_ = 0;
    std::int64_t minute_ = -1;
};

} // namespace polyquant::app
