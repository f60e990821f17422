#include "engine/core/reason.hpp"

#include <cstdlib>

namespace polyquant {

std::string_view to_string(Reason reason) {
    switch (reason) {
    case Reason::order_sent: return "order_sent";
    case Reason::outside_zone: return "outside_zone";
    case Reason::no_market: return "no_market";
    case Reason::no_signal: return "no_signal";
    case Reason::signal_stale: return "signal_stale";
    case Reason::book_missing: return "book_missing";
    case Reason::book_quarantined: return "book_quarantined";
    case Reason::book_stale: return "book_stale";
    case Reason::strike_unknown: return "strike_unknown";
    case Reason::strike_disputed: return "strike_disputed";
    case Reason::spot_stale: return "spot_stale";
    case Reason::move_too_small: return "move_too_small";
    case Reason::no_ask: return "no_ask";
    case Reason::ask_below_range: return "ask_below_range";
    case Reason::ask_above_range: return "ask_above_range";
    case Reason::edge_too_small: return "edge_too_small";
    case Reason::already_traded: return "already_traded";
    case Reason::order_pending: return "order_pending";
    case Reason::size_zero: return "size_zero";
    case Reason::below_minimum: return "below_minimum";
    case Reason::not_enough_depth: return "not_enough_depth";
    case Reason::strategy_off: return "strategy_off";
    case Reason::kill_switch: return "kill_switch";
    case Reason::trading_halted: return "trading_halted";
    case Reason::loss_streak: return "loss_streak";
    case Reason::daily_loss: return "daily_loss";
    case Reason::exposure_window: return "exposure_window";
    case Reason::exposure_asset: return "exposure_asset";
    case Reason::exposure_total: return "exposure_total";
    case Reason::stale_data: return "stale_data";
    case Reason::clock_offset: return "clock_offset";
    case Reason::bankroll_short: return "bankroll_short";
    case Reason::price_out_of_bounds: return "price_out_of_bounds";
    case Reason::market_closed: return "market_closed";
    case Reason::calibration_reduced: return "calibration_reduced";
    case Reason::calibration_stopped: return "calibration_stopped";
    case Reason::breaker_open: return "breaker_open";
    case Reason::rejected_by_venue: return "rejected_by_venue";
    case Reason::not_filled: return "not_filled";
    case Reason::timed_out: return "timed_out";
    case Reason::cancelled: return "cancelled";
    case Reason::listing_refused: return "listing_refused";
    case Reason::not_two_outcomes: return "not_two_outcomes";
    case Reason::prices_inconsistent: return "prices_inconsistent";
    case Reason::end_unknown: return "end_unknown";
    case Reason::end_passed: return "end_passed";
    case Reason::end_too_far: return "end_too_far";
    case Reason::not_accepting_orders: return "not_accepting_orders";
    case Reason::liquidity_low: return "liquidity_low";
    case Reason::price_outside_lists: return "price_outside_lists";
    case Reason::blocked: return "blocked";
    case Reason::updown_left_out: return "updown_left_out";
    case Reason::neg_risk_refused: return "neg_risk_refused";
    case Reason::event_held: return "event_held";
    case Reason::held_elsewhere: return "held_elsewhere";
    case Reason::list_full: return "list_full";
    case Reason::listing_stale: return "listing_stale";
    case Reason::spread_too_wide: return "spread_too_wide";
    case Reason::return_too_small: return "return_too_small";
    case Reason::spot_contradicts: return "spot_contradicts";
    case Reason::ask_below_unverified_floor: return "ask_below_unverified_floor";
    case Reason::unconfirmed: return "unconfirmed";
    case Reason::positions_full: return "positions_full";
    case Reason::day_limit: return "day_limit";
    case Reason::balance_halt: return "balance_halt";
    case Reason::stop_not_reached: return "stop_not_reached";
    case Reason::nothing_to_sell: return "nothing_to_sell";
    }
    std::abort();
}

} // namespace polyquant
