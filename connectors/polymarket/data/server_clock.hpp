// Watches the distance between our clock and the exchange's.
#pragma once

#include "connectors/net/net_context.hpp"
#include "connectors/polymarket/data/clock_bounds.hpp"
#include "engine/ports/live_feed.hpp"

namespace polyquant::polymarket {

// GET /time once a second until the offset is known as well as the way there allows, then every
// half minute. Endpoint group "clob.clock"; FeedState "clob.clock"/"offset" while it is unknown.
class ServerClock final : public LiveFeed {
public:
    struct Options {
        net::Url clob;
        Nanos call_max = Seconds{3};
        Nanos every = Seconds{30};
        Nanos width_max = Millis{500};    // see clock_offset()
        Nanos believe_for = Seconds{180}; // after the last answer
        int first_questions = 8;
    };

    ServerClock(net::NetContext& context, Options options, EventSink sink);

    std::string_view name() const override { return "clob.clock"; }

    Task<void> run() override;

    // Ours minus the venue's as far as it is proven, for the risk gate: zero while zero is
    // possible, else the end of the bounds nearest to it. Empty when it is not known (any more), or
    // known no better than width_max and three times the way there and back.
    std::optional<Nanos> clock_offset() const;

    ClockBounds const& bounds() const { return bounds_; }

    // One question, for checks that do not run the feed.
    Task<Result<void>> ask(Instant deadline);

private:
    void report();

    net::NetContext& context_;
    Options options_;
    EventSink sink_;
    ClockBounds bounds_;
    Nanos travel_{0}; // half of the quickest answer
    std::optional<bool> reported_;
    std::string last_failure_;
};

} // namespace polyquant::polymarket
