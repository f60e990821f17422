// The sequential test of every strategy's promises, as a fold over facts: one over the first bet
// of each window, and one a coin over the first bet of each of its windows, whose false-alarm
// rates are a quarter of the strategy's so that four coins together keep to it. Nothing here acts:
// the risk gate obeys the CalibrationChanged facts that due() asks for.
//
// A new set of parameters starts anew; a restart with the same ones does not.
#pragma once

#include "config/risk_params.hpp"
#include "engine/core/facts.hpp"
#include "models/validation/calibration_monitor.hpp"

#include <array>
#include <map>
#include <vector>

namespace polyquant::accuracy {

class CalibrationWatch {
public:
    explicit CalibrationWatch(config::RiskParams const& params);

    void on(Fact const& fact);

    // Changes of state that no fact has recorded yet, by strategy, all coins first.
    std::vector<CalibrationChanged> due() const;

    // Judges all bets of the present epochs anew where the rates have changed.
    void reload(config::RiskParams const& params);

    struct View {
        CalibrationState state = CalibrationState::trusted;
        double evidence = 1; // against the promises
        std::uint64_t bets = 0;
        double promised = 0; // mean; 0 before the first bet
        double won = 0;      // share
    };

    // All coins without `asset`. Trusted for a strategy no fact has named.
    View view(StrategyName const& strategy, std::optional<Asset> asset = {}) const;

private:
    using Monitor = models::validation::CalibrationMonitor;

    struct Test {
        Monitor monitor;
        CalibrationState recorded = CalibrationState::trusted;
    };

    struct Strategy {
        std::uint64_t epoch = 0;
        Test all;
        std::array<Test, asset_count> by_asset;
        std::vector<BetJudged> bets; // of the epoch, for corrections
    };

    Strategy fresh(std::uint64_t epoch) const;
    void on_epoch(EpochOpened const& epoch);
    void on_bet(BetJudged const& bet);
    void on_change(CalibrationChanged const& change);
    void judge_again(Strategy& strategy) const;
    static void feed(Strategy& strategy, BetJudged const& bet);

    models::validation::MonitorLimits limits_;
    std::map<StrategyName, Strategy> strategies_;
};

} // namespace polyquant::accuracy
