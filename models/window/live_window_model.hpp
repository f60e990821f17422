// The closed form as strategies see it: one coin, fed with closed minute bars, asked with what the
// market board knows. Needs no training run; its volatility forecast is fitted on the bars it is
// warmed up with, and is the 30-minute EWMA where they are too few.
#pragma once

#include "engine/core/market_view.hpp"
#include "models/signal.hpp"
#include "models/window/closed_form.hpp"
#include "models/window/volatility_model.hpp"

#include <optional>
#include <span>

namespace polyquant::models::window {

class LiveWindowModel {
public:
    explicit LiveWindowModel(Asset asset);

    // Starts again from these bars, oldest first. Blocks for tens of milliseconds on a few days.
    void warm_up(std::span<Bar const> history);

    void on_bar(Bar const& closed);

    // The signal for the view's window, as of its newest price. Usable under the conditions of
    // live_moment.hpp, with an hour of bars. Allocates only when `why` changes to a long text.
    Signal const& update(MarketView const& view);

    Signal const& signal() const { return signal_; }

    // How far the signal of the last update would move, had the volatility forecast been off by its
    // usual error; empty without a usable signal or a fitted forecast. Asked apart because it costs
    // two more evaluations.
    std::optional<ProbabilityBand> band() const;

    bool is_fitted() const { return fitted_; }

private:
    VolatilityModel model_ = VolatilityModel::unfitted();
    VolatilityState state_;
    TailShape shape_;
    UtcTime last_close_{};
    bool fitted_ = false;
    Signal signal_;
    WindowState asked_state_; // of the last update that was usable
    Uncertainty asked_uncertainty_;
};

} // namespace polyquant::models::window
