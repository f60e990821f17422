// The two scalp strategies: buy the favourite late in the window when the model says that it is
// still too cheap. README.md beside this file says when that loses.
#pragma once

#include "strategies/scalp/params.hpp"
#include "strategies/strategy.hpp"

namespace polyquant::strategies {

// Both sides, UP first; each at most once a window.
class ScalpS1 final : public Strategy {
public:
    ScalpS1(config::StrategyConfig config, ScalpS1Params params);

    Decision decide(StrategyInput const& input) override;
    bool trades(Asset asset) const override;

    Seconds lead() const override { return params_.lead; }

    std::vector<PlaceOrder> likely_orders(StrategyInput const& input) const override;

private:
    ScalpS1Params params_;
};

// The side towards which the coin has moved by min_move, at most once a window. A price equal to
// the strike counts as a move UP, as it settles.
class ScalpS2 final : public Strategy {
public:
    ScalpS2(config::StrategyConfig config, ScalpS2Params params);

    Decision decide(StrategyInput const& input) override;
    bool trades(Asset asset) const override;

    Seconds lead() const override { return params_.lead; }

    std::vector<PlaceOrder> likely_orders(StrategyInput const& input) const override;

private:
    ScalpS2Params params_;
};

} // namespace polyquant::strategies
