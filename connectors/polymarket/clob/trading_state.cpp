#include "connectors/polymarket/clob/trading_state.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::polymarket {

std::string_view to_string(TradingState::Phase phase) {
    switch (phase) {
    case TradingState::Phase::open: return "open";
    case TradingState::Phase::restarting: return "restarting";
    case TradingState::Phase::post_only: return "post-only";
    case TradingState::Phase::cancel_only: return "cancel-only";
    case TradingState::Phase::disabled: return "disabled";
    }
    std::abort();
}

void TradingState::pause(Phase phase, Nanos pause, UtcTime now) {
    phase_ = phase;
    until_ = now + pause;
}

void TradingState::on_refused(
    RejectReason reason,
    std::string_view text,
    std::optional<Nanos> retry_after,
    UtcTime now,
    UtcTime window_end
) {
    switch (reason) {
    case RejectReason::restarting: {
        auto const doublings = std::min(restarts_, 10);
        auto const own = std::min(
            limits_.restart_pause_min * (std::int64_t{1} << doublings), limits_.restart_pause_max
        );
        ++restarts_;
        pause(Phase::restarting, std::max(own, retry_after.value_or(Nanos{0})), now);
        break;
    }
    case RejectReason::post_only_mode:
        restarts_ = 0;
        pause(Phase::post_only, retry_after.value_or(limits_.post_only_for), now);
        break;
    case RejectReason::cancel_only:
        pause(Phase::cancel_only, retry_after.value_or(limits_.disabled_pause), now);
        break;
    case RejectReason::trading_disabled:
        pause(Phase::disabled, retry_after.value_or(limits_.disabled_pause), now);
        break;
    case RejectReason::not_enough_balance: money_until_ = window_end; break;
    case RejectReason::closed_only: closed_only_ = true; break;
    case RejectReason::banned:
    case RejectReason::bad_credentials:
    case RejectReason::bad_signature:
    case RejectReason::wrong_owner:
    case RejectReason::geo_blocked:
        account_reason_ = reason;
        account_ = fmt::format("{}: {}", to_string(reason), text);
        break;
    default: break;
    }
}

void TradingState::on_accepted(PlaceOrder const& order, UtcTime now) {
    if (phase_ == Phase::restarting && order.post_only) {
        // It works again, but a post-only order says nothing about the others.
        restarts_ = 0;
        pause(Phase::post_only, limits_.post_only_for, now);
        return;
    }
    if (phase_ == Phase::post_only && order.post_only) return;
    restarts_ = 0;
    phase_ = Phase::open;
}

void TradingState::on_credentials_proved() {
    if (account_reason_ == RejectReason::bad_credentials) account_.reset();
}

void TradingState::set_closed_only(bool closed_only) {
    closed_only_ = closed_only;
}

TradingState::Phase TradingState::phase(UtcTime now) const {
    return now < until_ ? phase_ : Phase::open;
}

std::optional<VenueRefusal> TradingState::refusal(PlaceOrder const& order, UtcTime now) const {
    if (account_) return VenueRefusal{Reason::trading_halted, *account_};
    if (closed_only_ && order.side == Side::buy)
        return VenueRefusal{Reason::trading_halted, "the account may only close positions"};
    if (money_until_ && now < *money_until_ && order.side == Side::buy)
        return VenueRefusal{
            Reason::bankroll_short,
            "the venue found not enough balance or allowance; no buys until the window ends"
        };
    auto const current = phase(now);
    if (current == Phase::open || (current == Phase::post_only && order.post_only))
        return std::nullopt;
    return VenueRefusal{
        Reason::trading_halted,
        fmt::format(
            "the venue is {} for {} s more",
            to_string(current),
            std::chrono::ceil<Seconds>(until_ - now).count()
        )
    };
}

} // namespace polyquant::polymarket
