// The venue's dead-man switch: once we have sent a heartbeat it cancels everything that rests when
// the next one is late. Ours beats while something may rest.
#pragma once

#include "connectors/polymarket/clob/clob_session.hpp"
#include "engine/ports/order_venue.hpp"
#include "engine/runtime/mailbox.hpp"

#include <functional>
#include <optional>

namespace polyquant::polymarket {

class Heartbeat {
public:
    struct Options {
        Nanos every = Seconds{5};
        Nanos venue_limit = Seconds{10}; // without a beat for so long, the venue cancels
        Nanos call_max = Seconds{3};
    };

    // `wanted`: something rests, or may soon.
    Heartbeat(ClobSession& session, std::function<bool()> wanted, Options options);

    // Until cancelled.
    Task<void> run();
    // Before a resting order leaves: makes sure that the switch is armed. Fails when it is not.
    Task<Result<void>> ensure(Instant deadline);

    // Beats were wanted and the last one failed: nothing new until one succeeds.
    std::optional<VenueRefusal> refusal() const;

    bool is_failing() const { return failing_; }

    std::uint64_t beats() const { return beats_; }

private:
    Task<Result<void>> beat(Instant deadline);
    bool is_fresh() const;

    ClobSession& session_;
    std::function<bool()> wanted_;
    Options options_;
    std::string id_{}; // to send next
    std::optional<Instant> last_{};
    bool beating_ = false; // a request is under way: they are serialised
    bool failing_ = false;
    std::string why_{};
    std::uint64_t beats_ = 0;
};

} // namespace polyquant::polymarket
