// Whether a book is the venue's: by its SHA-1, and by the top that comes with each change.
#pragma once

#include "connectors/polymarket/parse/market_message.hpp"

namespace polyquant::polymarket {

enum class HashVerdict : std::uint8_t {
    proven,
    wrong,    // all that the hash covers stood in the message, and it is another book's
    unproven, // no hash, or it depends on values that the message left out and we may not know
};

// `remembered` fills in what the message leaves out; what it carries is remembered there.
HashVerdict check_hash(BookMessage const& message, BookTail& remembered);

// The venue's top after a frame is that of our book. Empty: no such side.
bool same_top(Quote const& ours, std::optional<Price> bid, std::optional<Price> ask);

// The same levels with the same sizes, in whatever order.
bool same_levels(Book const& book, BookSnapshot const& snapshot);

} // namespace polyquant::polymarket
