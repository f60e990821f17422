// The order book of one token, built from snapshots and level changes, and its mirror for the other
// outcome: a bid for Up at p is an ask for Down at 1 - p (the venue mints and merges across them).
#pragma once

#include "engine/core/ids.hpp"
#include "engine/core/time.hpp"
#include "engine/core/units.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace polyquant {

enum class BookSide : std::uint8_t { bid, ask };

struct Level {
    Price price;
    Shares size;

    friend constexpr auto operator<=>(Level const&, Level const&) = default;
};

// Best level of each side; empty where a side has none.
struct Quote {
    std::optional<Level> bid;
    std::optional<Level> ask;

    friend constexpr bool operator==(Quote const&, Quote const&) = default;
};

enum class BookState : std::uint8_t {
    empty, // no snapshot yet: nothing may be traded on it
    live,
    quarantined, // crossed, bad hash or bad level: waits for the next snapshot
};

std::string_view to_string(BookState state);

class Book {
public:
    BookState state() const { return state_; }

    bool is_live() const { return state_ == BookState::live; }

    std::string_view quarantine_reason() const { return reason_; }

    UtcTime updated_at() const { return updated_at_; }

    // Replaces everything and ends a quarantine, unless the snapshot itself is impossible.
    void
    apply_snapshot(std::span<Level const> bids, std::span<Level const> asks, UtcTime received_at);
    // `size` is the new total at the level, zero removes it. A frame may carry several changes that
    // cross in between: call end_of_frame() after the last one, which checks the whole.
    void apply_change(BookSide side, Price price, Shares size, UtcTime received_at);
    void end_of_frame();
    void quarantine(std::string_view reason);
    void clear(); // tick size changed or market over: empty until a fresh snapshot

    // Best first.
    std::span<Level const> bids() const { return bids_; }

    std::span<Level const> asks() const { return asks_; }

    Quote quote() const;

private:
    std::vector<Level> bids_;
    std::vector<Level> asks_;
    BookState state_ = BookState::empty;
    std::string_view reason_;
    UtcTime updated_at_{};
};

// A book as a trader of one outcome sees it: the token's own book or the mirror of the other's.
class BookView {
public:
    BookView(Book const& book, bool mirrored) : book_{&book}, mirrored_{mirrored} {}

    BookState state() const { return book_->state(); }

    bool is_live() const { return book_->is_live(); }

    UtcTime updated_at() const { return book_->updated_at(); }

    bool is_mirrored() const { return mirrored_; }

    Quote quote() const;

    std::size_t depth(BookSide side) const { return source(side).size(); }

    // The n-th best level, 0 is the best. n < depth(side).
    Level level(BookSide side, std::size_t n) const {
        auto const level = source(side)[n];
        return mirrored_ ? Level{level.price.complement(), level.size} : level;
    }

    // Shares offered at `limit` or better to somebody who takes that side.
    Shares size_within(BookSide side, Price limit) const;

private:
    std::span<Level const> source(BookSide side) const {
        return (side == BookSide::bid) != mirrored_ ? book_->bids() : book_->asks();
    }

    Book const* book_;
    bool mirrored_;
};

} // namespace polyquant
