// When to try a lost connection again. Pure: told of time and outcomes, never of sockets.
#pragma once

#include "connectors/net/jitter.hpp"
#include "engine/core/failure.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace polyquant::net {

// Why a connection is gone or was never made.
struct Loss {
    Failure failure;
    int close_code = 0; // the peer's WebSocket close code; 0: it sent none
    std::string close_reason;
    std::optional<Nanos> retry_after; // from the answer that refused the upgrade

    // A loss on our own initiative, such as the planned renewal: reconnects at once.
    bool is_planned = false;
};

// What to do about a loss.
struct ReconnectAction {
    enum class Kind : std::uint8_t {
        backoff, // full jitter, growing with each loss
        spread,  // once, a uniform wait in 0..spread: the peer drains and knows it
        stop,    // trying again cannot help: a refused key, a bug of ours
    };
    Kind kind = Kind::backoff;
    Nanos spread{0};
};

// The venue's part of the rules. The default stops on a refused key, spreads over 5 s on 1001
// (going away), 1012 (restart) and 1013 (try later), and backs off on all else, 1008 included:
// venues send it on overload too. A certificate that does not verify is backed off as well: a wrong
// one is mostly a hiccup of somebody's load balancer.
using ReconnectPolicy = std::function<ReconnectAction(Loss const&)>;
ReconnectAction default_reconnect_action(Loss const& loss);

//   waiting -> connecting -> up -> waiting ...          any -> stopped
class ReconnectMachine {
public:
    struct Limits {
        Nanos delay_min = Seconds{1};
        Nanos delay_max = Seconds{30};
        Nanos stable_after = Seconds{60}; // up this long: the next loss starts from delay_min
    };

    enum class State : std::uint8_t { waiting, connecting, up, stopped };

    ReconnectMachine(Limits limits, Random random, ReconnectPolicy policy);

    State state() const { return state_; }

    // While waiting: when to call begin(). A new machine waits for nothing.
    Instant attempt_at() const { return attempt_at_; }

    void begin();
    void connected(Instant now);
    void lost(Loss const& loss, Instant now);
    void stop();
    // Cuts a wait short, or takes a stop back.
    void retry_now();

    // Losses since the connection was last stable.
    int losses() const { return losses_; }

private:
    Limits limits_;
    Random random_;
    ReconnectPolicy policy_;
    State state_ = State::waiting;
    Instant attempt_at_{};
    Instant up_since_{};
    int losses_ = 0;
};

std::string_view to_string(ReconnectMachine::State state);

} // namespace polyquant::net
