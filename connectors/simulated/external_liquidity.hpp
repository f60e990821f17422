// What the recorded (or live) market offers in one market, net of what our own fills took from it.
// Prices and sides are in the frame of Up: selling Down at p is buying Up at 1 - p.
#pragma once

#include "connectors/simulated/fill_models.hpp"
#include "engine/core/book.hpp"
#include "engine/core/events.hpp"
#include "engine/core/market.hpp"

#include <optional>
#include <vector>

namespace polyquant::simulated {

struct OfferedLevel {
    Price price;
    Shares size; // what is believed to be there, net of what we took
};

// The venue shows the same liquidity in both books of a market, so the two are alternatives and
// never added: an order meets its own token's book, or the mirror of the other when its own is not
// live. What was taken through one book is missing in the other as well.
class ExternalLiquidity {
public:
    ExternalLiquidity(DepletionModel model, std::int64_t displayed_ppm)
        : model_{model}, displayed_ppm_{displayed_ppm} {}

    void on(BookSnapshot const& snapshot, Outcome outcome);
    void on(BookChange const& change, Outcome outcome);
    void clear();

    bool is_live() const { return books_[0].is_live() || books_[1].is_live(); }

    // The n-th best level of `side`; empty beyond the last. `own` is the order's outcome.
    std::optional<OfferedLevel> level(Outcome own, BookSide side, std::size_t n) const;
    void take(Outcome own, BookSide side, Price price, Shares size);
    // Displayed at exactly this price, the larger of the live books; own fills not subtracted.
    Shares displayed(BookSide side, Price price) const;

private:
    struct Taken {
        Outcome source;
        BookSide side;
        Price price;
        Shares size;
    };

    Book const& book(Outcome outcome) const { return books_[static_cast<std::size_t>(outcome)]; }

    Book& book(Outcome outcome) { return books_[static_cast<std::size_t>(outcome)]; }

    std::optional<Outcome> source_for(Outcome own) const;
    Shares displayed_in(Outcome source, BookSide side, Price price) const;
    Shares taken_at(BookSide side, Price price) const;
    // `before` and `after` are displayed sizes of the level in `source`.
    void level_changed(Taken& taken, Shares before, Shares after) const;
    void drop_spent();

    DepletionModel model_;
    std::int64_t displayed_ppm_;
    Book books_[2];
    std::vector<Taken> taken_; // few: only levels we traded at and that have not changed since
};

} // namespace polyquant::simulated
