// Why something was or was not done. Every evaluation ends in an order or in one of these, and each
// is counted; a trader reads them in the status line and the reports.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace polyquant {

enum class Reason : std::uint8_t {
    // strategies
    order_sent,
    outside_zone,     // not in the strategy's seconds before the close
    no_market,        // no tradable market listed for the window
    no_signal,        // model not warmed up or not trained
    signal_stale,     // the signal is not the one of this window
    book_missing,     // no snapshot yet
    book_quarantined, // crossed, gapped or failed its hash
    book_stale,
    strike_unknown,
    strike_disputed,
    spot_stale,
    move_too_small, // the coin has not moved enough from the strike
    no_ask,
    ask_below_range,
    ask_above_range,
    edge_too_small,
    already_traded,
    order_pending,
    size_zero,        // the sizing rule gives less than one share
    below_minimum,    // under the venue's minimum size or notional
    not_enough_depth, // a FOK could not be filled by what the book shows
    strategy_off,
    // risk gate
    kill_switch,
    trading_halted,
    loss_streak,
    daily_loss,
    exposure_window,
    exposure_asset,
    exposure_total,
    stale_data,
    clock_offset,
    bankroll_short,
    price_out_of_bounds,
    market_closed,
    calibration_reduced, // what is left of the order after the reduction is too small to send
    calibration_stopped, // its promises broke: no more buys under these parameters
    // execution and venue
    breaker_open,
    rejected_by_venue,
    not_filled,
    timed_out,
    cancelled,
    // markets near their expiry
    listing_refused,      // the list's row is no market that we could trade
    not_two_outcomes,     // one outcome, or three
    prices_inconsistent,  // the listed prices are missing or do not add up to 1
    end_unknown,          // no end date
    end_passed,           // it is over, whatever its flags say
    end_too_far,          // beyond the look-ahead
    not_accepting_orders, // closed, inactive or paused
    liquidity_low,
    price_outside_lists, // no outcome is priced as a favourite
    blocked,             // by a word or tag of the block list, or not on the allow list
    updown_left_out,     // a window of our coins: the scalp strategies' business
    neg_risk_refused,    // by configuration
    event_held,          // another market of the same event is held already
    held_elsewhere,      // another strategy holds or wants this token
    list_full,           // the candidate list is full of sooner or dearer ones
    listing_stale,       // not seen in a scan for too long
    spread_too_wide,
    return_too_small,           // what a win would pay, after the fee
    spot_contradicts,           // the coin's price is on the losing side of the strike
    ask_below_unverified_floor, // could not be confirmed, and the ask is not high enough without
    unconfirmed,                // confirmation is required and there is none
    positions_full,
    day_limit,        // so many trades in this UTC day
    balance_halt,     // the venue said "not enough balance": nothing until the next scan
    stop_not_reached, // the bid of what is held is above the stop
    nothing_to_sell,  // held shares are not settled yet
};

inline constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::nothing_to_sell) + 1;
std::string_view to_string(Reason reason);

class ReasonCounts {
public:
    void add(Reason reason, std::uint64_t times = 1) {
        counts_[static_cast<std::size_t>(reason)] += times;
    }

    std::uint64_t operator[](Reason reason) const {
        return counts_[static_cast<std::size_t>(reason)];
    }

    std::uint64_t total() const {
        std::uint64_t sum = 0;
        for (auto n : counts_)
            sum += n;
        return sum;
    }

private:
    std::array<std::uint64_t, reason_count> counts_{};
};

} // namespace polyquant
