// Everything that comes in from outside, as immutable values. No JSON and no venue spelling crosses
// this line; connectors translate.
#pragma once

#include "engine/core/book.hpp"
#include "engine/core/listing.hpp"
#include "engine/core/market.hpp"
#include "engine/core/orders.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace polyquant {

struct Stamp {
    UtcTime venue_time{};  // when the venue says it happened; received_at where it does not say
    UtcTime received_at{}; // when we had it
    std::uint64_t seq = 0; // position in this run's input, assigned by the feed
};

struct MarketListed {
    Stamp at;
    Market market;
};

struct BookSnapshot {
    Stamp at;
    TokenId token;
    std::vector<Level> bids; // any order
    std::vector<Level> asks;
};

// One level's new total. A venue frame may hold several; only the last has end_of_frame set.
struct BookChange {
    Stamp at;
    TokenId token;
    BookSide side = BookSide::bid;
    Price price;
    Shares size;
    bool end_of_frame = true;
};

struct TickSizeChanged {
    Stamp at;
    TokenId token;
    Price old_tick;
    Price new_tick;
};

struct PublicTrade {
    Stamp at;
    TokenId token;
    Side taker_side = Side::buy;
    Price price;
    Shares size;
};

// A bar of the coin, closed or still open.
struct BarUpdate {
    Stamp at;
    Asset asset = Asset::btc;
    Bar bar;
    bool closed = true;
};

struct PriceTick {
    Stamp at;
    Asset asset = Asset::btc;
    PriceSource source = PriceSource::binance_trade;
    Seconds twap_length{0}; // of a chainlink_twap value, else 0
    UsdPrice price;
};

struct MarketResolved {
    Stamp at;
    ConditionId market;
    std::optional<Outcome> winner; // empty: paid 50/50
    PriceSource source = PriceSource::venue;
};

// A feed's topic came up, went silent or lost continuity (its books wait for snapshots).
struct FeedState {
    Stamp at;
    std::string feed; // "tape", "binance", "clob.market"
    std::string topic;
    bool healthy = false;
    std::string reason;
};

enum class BreakerState : std::uint8_t { closed, open, half_open };
std::string_view to_string(BreakerState state);

struct BreakerChanged {
    Stamp at;
    std::string endpoint_group;
    BreakerState state = BreakerState::closed;
};

// What the venue says about our own orders, by answer, user channel or reconciliation.
struct OwnOrderReport {
    Stamp at;
    OrderReport report;
};

struct OwnTradeReport {
    Stamp at;
    TradeReport report;
};

// One row of a scan over the venue's list of markets. Says nothing to the market board.
struct MarketScanned {
    Stamp at;
    MarketListing listing;
};

using Event = std::variant<
    MarketListed,
    BookSnapshot,
    BookChange,
    TickSizeChanged,
    PublicTrade,
    BarUpdate,
    PriceTick,
    MarketResolved,
    FeedState,
    BreakerChanged,
    OwnOrderReport,
    OwnTradeReport,
    MarketScanned>;

Stamp const& stamp_of(Event const& event);
Stamp& stamp_of(Event& event);
std::string_view name_of(Event const& event); // "book_change"
// One line for logs and journals: name, subject, values.
std::string describe(Event const& event);

} // namespace polyquant
