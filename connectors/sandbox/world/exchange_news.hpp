// What happens at the exchange, as values: the WebSocket channels print them.
#pragma once

#include "connectors/crypto/address.hpp"
#include "connectors/polymarket/orders/order.hpp"
#include "connectors/sandbox/world/accounts.hpp"
#include "engine/core/book.hpp"
#include "engine/core/orders.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace polyquant::sandbox {

struct BookTop {
    std::optional<Level> bid;
    std::optional<Level> ask;

    friend bool operator==(BookTop const&, BookTop const&) = default;
};

// A level's new total, in the frame of the first outcome.
struct LevelUpdate {
    BookSide side = BookSide::bid;
    Price price;
    Shares size;
};

// An order as the exchange knows it, for as long as its market is remembered.
struct OrderRecord {
    OrderId id;
    std::uint64_t number = 0; // in order of acceptance
    AccountId account = 0;
    std::string owner; // API key
    crypto::Address maker;
    ConditionId market;
    TokenId token;
    Side side = Side::buy;
    Price price;
    Shares size; // shares
    Usdc money;  // of a FOK or FAK buy
    Shares matched;
    TimeInForce tif = TimeInForce::gtc;
    bool post_only = false;
    std::int64_t expiration = 0;
    UtcTime created_at{};
    std::string status; // "LIVE", "MATCHED", "DELAYED", "CANCELED", "CANCELED_..." ...
    bool open = false;  // live or delayed
    bool resting = false;
    bool announced = false; // its owner has been told about it
    std::vector<TradeId> trades;

    bool is_market_buy() const {
        return side == Side::buy && (tif == TimeInForce::fok || tif == TimeInForce::fak);
    }
};

// One side of a trade.
struct TradeLeg {
    AccountId account = 0;
    std::string owner; // "" for the rest of the market
    crypto::Address maker;
    OrderId order;
    TokenId token;
    Side side = Side::buy;
    Price price;
    Shares size;
    Usdc fee;
    Usdc cash; // signed: what the leg's account gets or, negative, gives; fee included
};

struct TradeRecord {
    TradeId id;
    std::uint64_t number = 0;
    ConditionId market;
    TradeLeg taker;
    TradeLeg maker;
    TradeState state = TradeState::matched;
    UtcTime matched_at{};
    UtcTime updated_at{};
    std::string transaction_hash; // once mined
};

struct LevelsChanged {
    UtcTime at{};
    ConditionId market;
    std::vector<LevelUpdate> levels; // totals, in the frame of the first outcome
    bool whole_book = false;         // after a trade the venue sends the book again
};

struct TradePrinted {
    UtcTime at{};
    ConditionId market;
    TokenId token; // the taker's
    Side taker_side = Side::buy;
    Price price;
    Shares size;
};

struct TickChanged {
    UtcTime at{};
    ConditionId market;
    Price old_tick, new_tick;
};

struct MarketOpened {
    UtcTime at{};
    ConditionId market;
};

struct MarketDecided {
    UtcTime at{};
    ConditionId market;
    std::optional<Outcome> winner;
};

struct OwnOrderNews {
    UtcTime at{};
    enum class Type : std::uint8_t { placement, update, cancellation } type = Type::placement;
    OrderRecord order; // as it was then
};

struct OwnTradeNews {
    UtcTime at{};
    TradeRecord trade; // as it was then
};

using ExchangeNews = std::variant<
    LevelsChanged,
    TradePrinted,
    TickChanged,
    MarketOpened,
    MarketDecided,
    OwnOrderNews,
    OwnTradeNews>;

} // namespace polyquant::sandbox
