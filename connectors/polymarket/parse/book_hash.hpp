// The venue's SHA-1 of a book: with it a client that applies changes can prove that it still has
// the venue's book, which a channel without sequence numbers cannot tell otherwise.
#pragma once

#include "engine/core/book.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>

namespace polyquant::polymarket {

using BookHash = std::array<std::uint8_t, 20>;

// 40 hex digits; empty for anything else.
std::optional<BookHash> parse_book_hash(std::string_view hex);

// What the hash covers besides the levels. Many `book` messages leave these out, so the reader of
// the feed remembers them.
struct BookTail {
    Shares min_order_size = shares(5);
    Price tick = cents(1);
    bool neg_risk = false;
    std::optional<Price> last_trade; // empty before the first trade
};

// SHA-1 of {"market","asset_id","timestamp","hash":"","bids","asks","min_order_size","tick_size",
// "neg_risk","last_trade_price"} without blanks. Levels go worst first on both sides; the last
// trade has three decimals at least ("0.650"). Found on, and equal for, every book message of a
// recording of 2026-04-16 whose fields were known (tests/golden/books).
BookHash book_hash(
    ConditionId const& market,
    TokenId const& token,
    std::int64_t timestamp_ms,
    std::span<Level const> bids_worst_first,
    std::span<Level const> asks_worst_first,
    BookTail const& tail
);

} // namespace polyquant::polymarket
