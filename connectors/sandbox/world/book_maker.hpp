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
        Nanos to_end{};
        double rate_factor = 1;  // of changes and trades: far windows are quieter
        bool may_run_dry = true; // the favourite's asks vanish before the end
    };

    struct Taker {             // somebody else's market order
        Side side = Side::buy; // of the first outcome
        Price limit;
        Shares size;
    };

    struct Step {
        std::vector<LevelUpdate> levels; // new totals, removals before what would cross them
        std::vector<Taker> takers;       // act after the levels changed

        void clear() {
            levels.clear();
            takers.clear();
        }
    };

    BookMaker(BookOptions const& options, Price tick, std::uint64_t seed);

    // The book's next `length`, appended to `out`.
    void step(Conditions const& now, Nanos length, Step& out);
    // Part of a level was traded away.
    void taken(BookSide side, Price price, Shares size);
    void set_tick(Price tick);

    Price tick() const { return tick_; }

private:
    // Indices are prices in 0.001, the finest grid these markets reach.
    static constexpr int one = 1000;
    using Ladder = std::array<std::int64_t, one + 1>; // micro shares

    struct Touch {
        int bid; // 0: no bid
        int ask; // 1000: no ask
    };

    Touch wanted(Conditions const& now);
    void move_to(Touch touch, std::vector<LevelUpdate>& out);
    void grow(BookSide side, int from, int to, std::vector<LevelUpdate>& out);
    void change_one(std::vector<LevelUpdate>& out);
    void put(BookSide side, int at, std::int64_t size, std::vector<LevelUpdate>& out);
    std::int64_t fresh_size(int distance);
    bool is_dry(Conditions const& now) const;

    Ladder& ladder(BookSide side) { return side == BookSide::bid ? bids_ : asks_; }

    BookOptions options_;
    simulated::Random random_;
    Price tick_;
    int step_; // the tick in 0.001
    Ladder bids_{};
    Ladder asks_{};
    Touch touch_{0, one};
    int spread_ = 1;      // in ticks
    double opinion_ = 0;  // what the makers add to the fair value
    double patience_ = 0; // when this market's favourite runs dry, as a share of windows
    double owed_changes_ = 0;
};

} // namespace polyquant::sandbox
