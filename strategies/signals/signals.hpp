// Ask momentum, the empirical ask table and the cross-asset lag. All three make the scalp
// strategies' checks (scalp/side.hpp names their reasons) and differ in the probability they act on
// or in one more condition.
#pragma once

#include "models/calibration/ask_table.hpp"
#include "strategies/signals/params.hpp"
#include "strategies/strategy.hpp"

#include <array>
#include <deque>

namespace polyquant::strategies {

// The side whose ask has risen by min_rise within look_back, if the model's edge is there as well.
// no_signal while the window was not watched for look_back yet; move_too_small without the rise.
// What it remembers are asks of the window under way; a reload begins to watch anew.
class AskMomentum final : public Strategy {
public:
    AskMomentum(config::StrategyConfig config, AskMomentumParams params);

    Decision decide(StrategyInput const& input) override;
    bool trades(Asset asset) const override;

    Seconds lead() const override { return params_.lead + params_.look_back; }

private:
    struct Sample {
        UtcTime at{};
        Price ask;
    };

    struct Watch {
        Window window;
        std::array<std::deque<Sample>, 2> asks; // by Outcome, oldest first
    };

    void watch(Watch& watch, StrategyInput const& input);
    Reason check_rise(Watch const& watch, UtcTime now, Outcome outcome) const;

    AskMomentumParams params_;
    std::array<Watch, asset_count> watches_;
};

// P(win) from the table's cell of this ask and time instead of a model's; needs no model at all.
// no_signal where the cell has too few observations.
class AskTableStrategy final : public Strategy {
public:
    AskTableStrategy(config::StrategyConfig config, AskTableParams params);

    Decision decide(StrategyInput const& input) override;
    bool trades(Asset asset) const override;

    Seconds lead() const override { return params_.lead; }

private:
    std::optional<double> win_probability(Price ask, double seconds_left) const;

    AskTableParams params_;
    models::calibration::AskTable table_;
};

// The side of the leader's move, on coins that have not moved with it. strike_unknown, spot_stale,
// strike_disputed: of the leader or of the coin; move_too_small: the leader stands still, or the
// coin has followed already.
class AssetLag final : public Strategy {
public:
    AssetLag(config::StrategyConfig config, AssetLagParams params);

    Decision decide(StrategyInput const& input) override;
    bool trades(Asset asset) const override;

    Seconds lead() const override { return params_.lead; }

    std::optional<Asset> leader() const override { return leader_; }

private:
    AssetLagParams params_;
    Asset leader_;
};

} // namespace polyquant::strategies
