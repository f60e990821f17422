#include "connectors/polymarket/market/book_proof.hpp"

#include <algorithm>

namespace polyquant::polymarket {

HashVerdict check_hash(BookMessage const& message, BookTail& remembered) {
    bool const complete =
        message.min_order_size && message.tick && message.neg_risk && message.last_trade;
    if (message.min_order_size) remembered.min_order_size = *message.min_order_size;
    if (message.tick) remembered.tick = *message.tick;
    if (message.neg_risk) remembered.neg_risk = *message.neg_risk;
    if (message.last_trade) remembered.last_trade = message.last_trade;
    if (!message.hash) return HashVerdict::unproven;
    auto const& book = message.book;
    auto const computed = book_hash(
        message.market,
        book.token,
        unix_millis(book.at.venue_time),
        book.bids,
        book.asks,
        remembered
    );
    if (computed == *message.hash) return HashVerdict::proven;
    return complete ? HashVerdict::wrong : HashVerdict::unproven;
}

bool same_top(Quote const& ours, std::optional<Price> bid, std::optional<Price> ask) {
    auto const price = [](std::optional<Level> const& level) {
        return level ? std::optional{level->price} : std::nullopt;
    };
    return price(ours.bid) == bid && price(ours.ask) == ask;
}

bool same_levels(Book const& book, BookSnapshot const& snapshot) {
    auto const same = [](std::span<Level const> ours, std::vector<Level> theirs) {
        std::erase_if(theirs, [](Level const& level) { return level.size.is_zero(); });
        return ours.size() == theirs.size() && std::ranges::all_of(ours, [&](Level const& level) {
                   return std::ranges::find(theirs, level) != theirs.end();
               });
    };
    return same(book.bids(), snapshot.bids) && same(book.asks(), snapshot.asks);
}

} // namespace polyquant::polymarket
