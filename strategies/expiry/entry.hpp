// Whether a candidate is bought now, and whether what is held is sold: pure functions of what the
// actor knows. Every answer is an order or a reason.
#pragma once

#include "engine/core/market_view.hpp"
#include "engine/core/orders.hpp"
#include "strategies/expiry/candidate.hpp"
#include "strategies/expiry/token_memory.hpp"

#include <optional>

namespace polyquant::strategies::expiry {

// References live for one call.
struct EntryInput {
    Candidate const& candidate;
    UtcTime now{};
    BookView const* book = nullptr;   // of the favourite's token; null before a snapshot
    std::optional<PricePoint> spot{}; // of the coin that the question is about
    std::optional<UsdPrice> strike{}; // of an Up or Down window, undisputed
    TokenStatus token = TokenStatus::fresh;
    bool event_held = false;
    bool held_elsewhere = false;
    std::size_t pending = 0; // positions and orders under way
    int trades_today = 0;
    bool balance_halted = false;
    Usdc bankroll{}; // free money
    bool enabled = true;
};

enum class SpotVerdict : std::uint8_t {
    not_asked,
    confirmed,
    too_close, // on the winning side, but not far enough
    contradicted,
    unverifiable,
};
std::string_view to_string(SpotVerdict verdict);

struct EntryDecision {
    Reason reason = Reason::order_sent;
    std::optional<PlaceOrder> order; // present exactly with order_sent
    // What it saw, as far as it looked.
    std::optional<Price> ask;
    std::optional<Price> floor;
    SpotVerdict spot = SpotVerdict::not_asked;
    std::optional<std::int64_t> margin_ppm;
};

// The first gate that fails is the reason:
//   strategy_off, end_passed, outside_zone (margin), listing_stale,
//   order_pending / already_traded / not_filled, held_elsewhere, event_held,
//   book_missing, book_quarantined, book_stale, no_ask, ask_above_range,
//   spot_contradicts, unconfirmed, ask_below_range, ask_below_unverified_floor,
//   spread_too_wide, not_enough_depth, return_too_small,
//   balance_halt, positions_full, day_limit, size_zero, below_minimum, bankroll_short.
// The order is a FOK for whole shares at the worst level it needs, which is within depth_within of
// the best ask and not above ask_max; the return is that at this price.
EntryDecision
decide_entry(ExpiryParams const& params, StrategyName const& name, EntryInput const& input);

struct StopInput {
    UtcTime now{};
    Market const& market;
    Outcome outcome = Outcome::up;
    BookView const* book = nullptr;
    Shares exposure; // all that is held
    Usdc cost;       // of it, fees included
    Shares sellable; // settled, and in no open order
    bool enabled = true;
};

struct StopDecision {
    Reason reason = Reason::order_sent;
    std::optional<PlaceOrder> order;
    std::optional<Price> bid;
    Price stop; // sold at this bid or a lower one
};

// strategy_off (also without stop_loss), end_passed, book_missing, book_quarantined, book_stale,
// no_ask (no bid to sell to), stop_not_reached, nothing_to_sell, below_minimum; or a FAK that sells
// all of it at the best bid.
StopDecision
decide_stop(ExpiryParams const& params, StrategyName const& name, StopInput const& input);

} // namespace polyquant::strategies::expiry
