// What the public market channel and GET /book say, as values.
#pragma once

#include "connectors/polymarket/parse/book_hash.hpp"
#include "engine/core/events.hpp"

#include <variant>

namespace polyquant::polymarket {

// A whole book. The levels stand in the venue's order, which book_hash() needs.
struct BookMessage {
    BookSnapshot book;
    ConditionId market;
    std::optional<BookHash> hash;
    // Only what the message carried.
    std::optional<Shares> min_order_size;
    std::optional<Price> tick;
    std::optional<bool> neg_risk;
    std::optional<Price> last_trade;
};

// One level's new total, with the venue's own view of the top after the frame to check ours by.
struct LevelChange {
    BookChange change;
    std::optional<Price> best_bid; // empty: no bid
    std::optional<Price> best_ask;
    std::optional<BookHash> hash;
};

struct TopOfBook {
    Stamp at;
    TokenId token;
    std::optional<Price> bid;
    std::optional<Price> ask;
};

struct NewMarket {
    Stamp at;
    ConditionId market;
    std::string slug;
    std::string question;
    std::vector<TokenId> tokens;
    std::vector<std::string> outcomes;
};

// The winner as the first or second of the tokens named. Whether the first is "Up" only the listing
// knows.
struct ResolutionMessage {
    MarketResolved event;
    TokenId winner;
};

using MarketMessage = std::variant<
    BookMessage,
    LevelChange,
    PublicTrade,
    TickSizeChanged,
    TopOfBook,
    NewMarket,
    ResolutionMessage>;

} // namespace polyquant::polymarket
