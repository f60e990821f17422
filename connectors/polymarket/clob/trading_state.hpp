// What the venue lets us do at the moment, learned from its refusals.
#pragma once

#include "connectors/polymarket/parse/reject.hpp"
#include "engine/ports/order_venue.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace polyquant::polymarket {

// Pure. Two independent things: the engine's phase, which passes by itself
//   open -> restarting (425) -> post_only (about two minutes) -> open
//        -> cancel_only, disabled (503) -> open
// and blocks of our account, which pass only when somebody mends the cause (banned, closed-only,
// refused credentials or signatures) or, for missing money, at the end of the window.
class TradingState {
public:
    enum class Phase : std::uint8_t { open, restarting, post_only, cancel_only, disabled };

    struct Limits {
        Nanos restart_pause_min = Seconds{2};
        Nanos restart_pause_max = Seconds{30};
        Nanos post_only_for = Seconds{120}; // after a restart, when the venue names no time
        Nanos disabled_pause = Seconds{15}; // between two probes
    };

    TradingState() = default;

    explicit TradingState(Limits limits) : limits_{limits} {}

    // A refusal of the venue. `window_end`: when missing money may be there again.
    void on_refused(
        RejectReason reason,
        std::string_view text,
        std::optional<Nanos> retry_after,
        UtcTime now,
        UtcTime window_end
    );
    void on_accepted(PlaceOrder const& order, UtcTime now);
    // Known from its own route before the first order.
    void set_closed_only(bool closed_only);

    bool is_closed_only() const { return closed_only_; }

    // After the cause was mended: new credentials, a new balance.
    void clear_money_block() { money_until_.reset(); }

    // An authenticated call worked: a refused key was a hiccup, or the clock's.
    void on_credentials_proved();

    // Why this order must not be sent now; empty when it may.
    std::optional<VenueRefusal> refusal(PlaceOrder const& order, UtcTime now) const;

    Phase phase(UtcTime now) const;

    // The account's block in words; empty when there is none.
    std::string_view account_block() const { return account_ ? std::string_view{*account_} : ""; }

private:
    void pause(Phase phase, Nanos pause, UtcTime now);

    Limits limits_{};
    Phase phase_ = Phase::open;
    UtcTime until_{};
    int restarts_ = 0; // answers 425 in a row
    RejectReason account_reason_ = RejectReason::none;
    std::optional<std::string> account_;
    bool closed_only_ = false;
    std::optional<UtcTime> money_until_;
};

std::string_view to_string(TradingState::Phase phase);

} // namespace polyquant::polymarket
