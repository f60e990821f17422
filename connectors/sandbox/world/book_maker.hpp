// Everybody else's orders in one market: a ladder that follows the fair value the way the recorded
// books follow it. In the frame of the first outcome; the other token's book is its mirror.
#pragma once

#include "connectors/sandbox/world/book_options.hpp"
#include "connectors/sandbox/world/exchange_news.hpp"
#include "connectors/simulated/random.hpp"

#include <array>
#include <optional>
#include <vector>

namespace polyquant::sandbox {

class BookMaker {
public:
    struct Conditions {
        double fair = 0.5; // P(first outcome)
        Seconds to_end{300};
        double rate_factor = 1; // of changes and trades: far windows are quieter
    };

    struct Taker {             // somebody else's market order
        Side side = Side::buy; // of the first outcome
        Price limit;
        Shares size;
    };

    struct Step {
        std::vector<LevelUpdate> levels; // new totals
        std::vector<Taker> takers;       // act after the levels changed
    };

    BookMaker(BookOptions const& options, std::uint64_t seed);

    // The book's next `length`.
    void step(Conditions const& now, Nanos length, Step& out);
    // Part of a level was taken; the level's new total.
    LevelUpdate taken(BookSide side, Price price, Shares size);

    // Coarse levels stay where they are: both grids share them.
    void set_tick(Price tick) { tick_ = tick; }

    Price tick() const { return tick_; }

    // Empties both sides (resolution); appends the removals.
    void clear(std::vector<LevelUpdate>& out);

private:
    // A level of the finest grid the venue knows for these markets: 0.001.
    static constexpr int grid = 1000;
    using Ladder = std::array<std::int64_t, grid + 1>; // micro shares at n * 0.001

    std::int64_t fresh_size(int ticks_from_touch);
    void put(BookSide side, int at, std::int64_t size, std::vector<LevelUpdate>& out);
    void requote(Conditions const& now, std::vector<LevelUpdate>& out);
    void fill_ladder(int best_bid, int best_ask, std::vector<LevelUpdate>& out);
    void change_one(std::vector<LevelUpdate>& out);
    std::optional<int> best(BookSide side) const;
    bool favourite_is_dry(Conditions const& now, BookSide& dry_side) const;
    double gauss();
    int tick_steps() const; // tick in units of the grid

    BookOptions options_;
    simulated::Random random_;
    Price tick_;
    Ladder bids_{};
    Ladder asks_{};
    int best_bid_ = 0;
    int best_ask_ = grid;
    int spread_ticks_ = 1;
    double noise_ = 0;    // of the makers' common opinion, in price
    double patience_ = 0; // when this market's favourite runs dry: uniform draw
    double owed_changes_ = 0;
    double owed_trades_ = 0;
};

} // namespace polyquant::sandbox
