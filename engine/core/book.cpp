#include "engine/core/book.hpp"

#include <algorithm>

namespace polyquant {

namespace {

bool is_possible(Price price) {
    return price.micros() > 0 && price.micros() < Price::scale;
}

bool better(BookSide side, Price a, Price b) {
    return side == BookSide::bid ? a > b : a < b;
}

// Best first, without empty levels; false when a level cannot exist.
bool load(BookSide side, std::span<Level const> from, std::vector<Level>& to) {
    to.clear();
    for (auto const& level : from) {
        if (!is_possible(level.price) || level.size.micros() < 0) return false;
        if (!level.size.is_zero()) to.push_back(level);
    }
    std::ranges::sort(to, [side](Level const& a, Level const& b) {
        return better(side, a.price, b.price);
    });
    auto const same_price = [](Level const& a, Level const& b) {
        return a.price == b.price;
    };
    return std::ranges::adjacent_find(to, same_price) == to.end();
}

} // namespace

std::string_view to_string(BookState state) {
    switch (state) {
    case BookState::empty: return "empty";
    case BookState::live: return "live";
    case BookState::quarantined: return "quarantined";
    }
    std::abort();
}

void Book::apply_snapshot(
    std::span<Level const> bids, std::span<Level const> asks, UtcTime received_at
) {
    updated_at_ = received_at;
    auto const bids_possible = load(BookSide::bid, bids, bids_);
    auto const asks_possible = load(BookSide::ask, asks, asks_);
    state_ = BookState::live;
    if (!bids_possible || !asks_possible) quarantine("impossible level");
    end_of_frame();
}

void Book::apply_change(BookSide side, Price price, Shares size, UtcTime received_at) {
    if (state_ != BookState::live) return;
    updated_at_ = received_at;
    if (!is_possible(price) || size.micros() < 0) {
        quarantine("impossible level");
        return;
    }
    auto& levels = side == BookSide::bid ? bids_ : asks_;
    auto const at = std::ranges::lower_bound(
        levels, price, [side](Price a, Price b) { return better(side, a, b); }, &Level::price
    );
    auto const found = at != levels.end() && at->price == price;
    if (size.is_zero()) {
        if (found) levels.erase(at);
    } else if (found) {
        at->size = size;
    } else {
        levels.insert(at, Level{price, size});
    }
}

void Book::end_of_frame() {
    if (state_ != BookState::live || bids_.empty() || asks_.empty()) return;
    if (bids_.front().price >= asks_.front().price) quarantine("crossed");
}

void Book::quarantine(std::string_view reason) {
    state_ = BookState::quarantined;
    reason_ = reason;
}

void Book::clear() {
    bids_.clear();
    asks_.clear();
    state_ = BookState::empty;
    reason_ = {};
}

Quote Book::quote() const {
    Quote quote;
    if (!bids_.empty()) quote.bid = bids_.front();
    if (!asks_.empty()) quote.ask = asks_.front();
    return quote;
}

Quote BookView::quote() const {
    Quote quote;
    if (depth(BookSide::bid) > 0) quote.bid = level(BookSide::bid, 0);
    if (depth(BookSide::ask) > 0) quote.ask = level(BookSide::ask, 0);
    return quote;
}

Shares BookView::size_within(BookSide side, Price limit) const {
    Shares total;
    for (std::size_t n = 0; n < depth(side); ++n) {
        auto const l = level(side, n);
        if (better(side, limit, l.price)) break;
        total += l.size;
    }
    return total;
}

} // namespace polyquant
