#include "connectors/simulated/external_liquidity.hpp"

#include <algorithm>

namespace polyquant::simulated {

namespace {

BookSide opposite_side(BookSide side) {
    return side == BookSide::bid ? BookSide::ask : BookSide::bid;
}

} // namespace

void ExternalLiquidity::on(BookSnapshot const& snapshot, Outcome outcome) {
    std::vector<Shares> before;
    for (auto const& t : taken_)
        before.push_back(displayed_in(t.source, t.side, t.price));
    book(outcome).apply_snapshot(snapshot.bids, snapshot.asks, snapshot.at.received_at);
    for (std::size_t i = 0; i < taken_.size(); ++i) {
        auto& t = taken_[i];
        if (t.source == outcome)
            level_changed(t, before[i], displayed_in(outcome, t.side, t.price));
    }
    drop_spent();
}

void ExternalLiquidity::on(BookChange const& change, Outcome outcome) {
    auto const mirrored = outcome == Outcome::down;
    auto const side = mirrored ? opposite_side(change.side) : change.side;
    auto const price = mirrored ? change.price.complement() : change.price;
    auto const before = taken_.empty() ? Shares{} : displayed_in(outcome, side, price);
    book(outcome).apply_change(change.side, change.price, change.size, change.at.received_at);
    if (change.end_of_frame) book(outcome).end_of_frame();
    if (taken_.empty()) return;
    for (auto& t : taken_)
        if (t.source == outcome && t.side == side && t.price == price)
            level_changed(t, before, change.size);
    drop_spent();
}

void ExternalLiquidity::clear() {
    for (auto& b : books_)
        b.clear();
    taken_.clear();
}

std::optional<OfferedLevel>
ExternalLiquidity::level(Outcome own, BookSide side, std::size_t n) const {
    auto const source = source_for(own);
    if (!source) return std::nullopt;
    BookView const view{book(*source), *source == Outcome::down};
    if (n >= view.depth(side)) return std::nullopt;
    auto const shown = view.level(side, n);
    // Divided first: a level of 9e12 micros times a million would not fit.
    auto const parts = shown.size.micros() / 1'000'000 * displayed_ppm_ +
                       shown.size.micros() % 1'000'000 * displayed_ppm_ / 1'000'000;
    auto const left = Shares::from_micros(parts) - taken_at(side, shown.price);
    return OfferedLevel{shown.price, std::max(left, Shares{})};
}

void ExternalLiquidity::take(Outcome own, BookSide side, Price price, Shares size) {
    auto const source = source_for(own);
    ENSURE(source.has_value(), "liquidity taken from a market without a live book");
    for (auto& t : taken_) {
        if (t.source == *source && t.side == side && t.price == price) {
            t.size += size;
            return;
        }
    }
    taken_.push_back({*source, side, price, size});
}

Shares ExternalLiquidity::displayed(BookSide side, Price price) const {
    return std::max(
        displayed_in(Outcome::up, side, price), displayed_in(Outcome::down, side, price)
    );
}

std::optional<Outcome> ExternalLiquidity::source_for(Outcome own) const {
    if (book(own).is_live()) return own;
    if (book(opposite(own)).is_live()) return opposite(own);
    return std::nullopt;
}

Shares ExternalLiquidity::displayed_in(Outcome source, BookSide side, Price price) const {
    if (!book(source).is_live()) return {};
    BookView const view{book(source), source == Outcome::down};
    for (std::size_t n = 0; n < view.depth(side); ++n) {
        auto const level = view.level(side, n);
        if (level.price == price) return level.size;
        if (side == BookSide::bid ? level.price < price : level.price > price) break;
    }
    return {};
}

Shares ExternalLiquidity::taken_at(BookSide side, Price price) const {
    Shares sum;
    for (auto const& t : taken_)
        if (t.side == side && t.price == price) sum += t.size;
    return sum;
}

void ExternalLiquidity::level_changed(Taken& taken, Shares before, Shares after) const {
    if (before == after) return;
    switch (model_) {
    case DepletionModel::until_level_changes: taken.size = {}; return;
    case DepletionModel::until_level_empties: taken.size = std::min(taken.size, after); return;
    }
}

void ExternalLiquidity::drop_spent() {
    std::erase_if(taken_, [](Taken const& t) { return t.size.is_zero(); });
}

} // namespace polyquant::simulated
