// Promises against outcomes, all of it: bets judged, the sequential test, judged forecasts, the
// quote table and the daily verdicts, as one fold over facts. The same facts give the same record,
// live, in replay, after a restart and in a command that reads a ledger.
#pragma once

#include "engine/accuracy/bet_book.hpp"
#include "engine/accuracy/calibration_watch.hpp"
#include "engine/accuracy/verdict.hpp"

#include <array>
#include <deque>
#include <vector>

namespace polyquant::accuracy {

class TrackRecord {
public:
    TrackRecord(
        std::vector<Asset> assets,
        config::RiskParams const& risk,
        config::LearningParams const& learning,
        models::calibration::AskTable seed = models::calibration::AskTable{}
    );

    void on(Fact const& fact);

    // Facts that follow from those seen so far and are to be recorded now, in this order. Call
    // until it is empty: a judged bet may be what changes a calibration.
    std::vector<FactBody> due(UtcTime now);

    void reload(config::RiskParams const& risk, config::LearningParams const& learning);

    // Over the `verdict_days` before `to`.
    Verdict verdict(Asset asset, UtcTime to) const;

    // The newest recorded one.
    std::optional<DailyVerdict> const& newest_verdict(Asset asset) const {
        return verdicts_[index_of(asset)];
    }

    CalibrationWatch const& calibration() const { return watch_; }

    QuoteRecord const& quotes() const { return quotes_; }

private:
    // The day's last window is settled by then, except where the venue takes its time.
    static constexpr Seconds verdict_delay{900};

    std::vector<Asset> assets_;
    config::LearningParams params_;
    BetBook bets_;
    CalibrationWatch watch_;
    QuoteRecord quotes_;
    std::deque<BetJudged> judged_; // of the verdict's days
    std::array<std::optional<DailyVerdict>, asset_count> verdicts_;
    UtcTime asked_{}; // the newest day end whose verdicts were given, or not needed
};

} // namespace polyquant::accuracy
