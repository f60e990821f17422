// Forecasts joined with the outcome of their window: the table of what asks have been worth, and
// the judged windows of the last days for the verdict. A fold over facts.
#pragma once

#include "engine/core/facts.hpp"
#include "models/calibration/ask_table.hpp"

#include <deque>
#include <map>

namespace polyquant::accuracy {

struct JudgedWindow {
    WindowForecast forecast;
    Outcome winner = Outcome::up;
};

class QuoteRecord {
public:
    explicit QuoteRecord(
        int days, models::calibration::AskTable seed = models::calibration::AskTable{}
    );

    void on(Fact const& fact);

    // Of windows that ended in the last `days` (and a day more) before the newest, oldest first.
    std::deque<JudgedWindow> const& windows() const { return judged_; }

    // The seed and every window since, also those that windows() has forgotten.
    models::calibration::AskTable const& table() const { return table_; }

    std::uint64_t learned() const { return learned_; } // windows in the table beyond the seed

    void set_days(int days) { days_ = days; }

private:
    void judge(JudgedWindow window);
    void learn(JudgedWindow const& window, bool take_back);

    int days_;
    models::calibration::AskTable table_;
    std::uint64_t learned_ = 0;
    std::map<ConditionId, WindowForecast> waiting_; // for their outcome
    std::map<ConditionId, Outcome> early_;          // outcomes that came before their forecast
    std::deque<JudgedWindow> judged_;
};

} // namespace polyquant::accuracy
