// What buying at an ask has been worth: the share of bought sides that won, by ask and time left,
// learned from recorded and live windows. The simplest rival of every model.
#pragma once

#include "models/calibration/scores.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::models::calibration {

class AskTable {
public:
    // Asks in steps of 5 cents; seconds left up to 15, 30, 45, 60, 90, 120, 180, 240, 300.
    static constexpr std::size_t ask_buckets = 20;
    static constexpr std::array<int, 9> seconds_edges{15, 30, 45, 60, 90, 120, 180, 240, 300};

    // `prior` imagined bets a cell, won as often as they cost: an unseen cell says the ask is fair.
    explicit AskTable(double prior = 20) : prior_{prior} {}

    // One observation a window, side and time bucket; more would count one outcome several times.
    // Asks outside (0, 1) and times outside [0, 300] are left out (false).
    bool add(double ask, double seconds_left, bool won);
    // Undoes an add() of the same observation: its window was settled anew.
    void take_back(double ask, double seconds_left, bool won);

    // P(win) of a side offered at `ask`; NaN outside the table.
    double win_probability(double ask, double seconds_left) const;

    struct Cell {
        double count = 0;
        double wins = 0;
        double asks = 0; // sum
    };

    Cell const& cell(std::size_t ask_bucket, std::size_t seconds_bucket) const {
        return cells_[seconds_bucket][ask_bucket];
    }

    // Text lines "seconds_bucket ask_bucket count wins asks" that parse() reads back exactly.
    std::string print() const;
    static Result<AskTable> parse(std::string_view text, double prior = 20);

private:
    using Row = std::array<Cell, ask_buckets>;

    double prior_;
    std::array<Row, seconds_edges.size()> cells_{};
};

} // namespace polyquant::models::calibration
