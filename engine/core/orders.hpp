// Intents, orders and fills: what a strategy wants, what became of it.
#pragma once

#include "engine/core/market.hpp"
#include "engine/core/reason.hpp"

#include <optional>
#include <string>
#include <variant>

namespace polyquant {

enum class TimeInForce : std::uint8_t {
    fok, // all at once or nothing
    fak, // what is there, the rest is cancelled
    gtc, // rests
    gtd, // rests until its expiry
};
std::string_view to_string(TimeInForce tif);
std::string_view to_string(Side side);

// What a strategy wants. The audit fields are what it saw and believed when it decided.
struct PlaceOrder {
    StrategyName strategy;
    ConditionId market;
    TokenId token;
    Outcome outcome = Outcome::up;
    std::optional<Asset> asset;
    Side side = Side::buy;
    Price limit;
    Shares size;
    TimeInForce tif = TimeInForce::fok;
    bool post_only = false;
    std::optional<UtcTime> cancel_at; // of a resting order: when we cancel it ourselves

    Price seen_price;           // the quote it reacted to
    double win_probability = 0; // of the outcome it buys
    double edge = 0;            // after fee where the strategy counts fees
    UtcTime decided_at{};
    std::uint64_t input_seq = 0; // the event that caused the evaluation
    UsdPrice seen_spot;          // the coin when it decided; zero: unknown
    UsdPrice seen_strike;        // the price to beat it reckoned with; zero: unknown
};

struct CancelOrder {
    StrategyName strategy;
    OrderId order;
};

using Intent = std::variant<PlaceOrder, CancelOrder>;

enum class OrderState : std::uint8_t {
    created,          // approved, id computed
    journaled,        // intent, id and bytes on disk
    sent,             // handed to the venue
    live,             // resting
    delayed,          // accepted, held for the taker delay
    unknown,          // no trustworthy answer: looked up by id, never repeated
    partially_filled, // resting with fills
    matched,          // filled, not yet settled
    confirmed,        // every fill settled
    failed,           // settlement reversed every fill
    cancelled,        // ended without (further) fill
    rejected,         // never accepted
};
std::string_view to_string(OrderState state);

constexpr bool is_terminal(OrderState s) {
    return s == OrderState::confirmed || s == OrderState::failed || s == OrderState::cancelled ||
           s == OrderState::rejected;
}

// Life of a fill. MATCHED is exposure, CONFIRMED is inventory, FAILED voids.
enum class TradeState : std::uint8_t { matched, mined, retrying, confirmed, failed };
std::string_view to_string(TradeState state);

// One statement of the venue about one of our orders, whatever channel brought it.
struct OrderReport {
    OrderId order;
    enum class Status : std::uint8_t {
        live,
        delayed,
        matched,   // accepted and matched fully or partly; fills come as trades
        unmatched, // marketable, but the delay ended without a match
        cancelled,
        rejected,
        not_found, // the venue does not know this id
    } status = Status::live;
    Shares matched; // cumulative, where the channel says so
    Reason reason = Reason::order_sent;
    std::string text; // the venue's words, kept apart from ours
};

std::string_view to_string(OrderReport::Status status);

struct TradeReport {
    TradeId trade;
    OrderId order;
    TokenId token;
    Side side = Side::buy;
    Price price;
    Shares size;
    Usdc fee; // zero for makers
    bool maker = false;
    TradeState state = TradeState::matched;
    UtcTime matched_at{};
};

// The venue's answer to a posted order. Fills follow as trade reports.
struct OrderAck {
    OrderId order;
    OrderReport::Status status = OrderReport::Status::live; // rejected: certainly not accepted
    std::string text;
    Reason reason = Reason::order_sent; // of a rejection
};

} // namespace polyquant
