// [risk]: limits over all strategies. Each strategy counts its own losses and bankroll; exposure
// is counted both per strategy's market and in all.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::config {

// What happens when a strategy wants to buy in a market where another one is.
enum class SameMarket : std::uint8_t { share, first };

constexpr std::array<Choice<SameMarket>, 2> choices(SameMarket) {
    return {{{"share", SameMarket::share}, {"first", SameMarket::first}}};
}

struct RiskParams {
    Usdc kill_switch = usd(5);
    int loss_streak_max = 5;
    Seconds loss_streak_cooldown{3600};
    Usdc daily_loss_max = usd(25);
    Usdc order_max = usd(10);
    Usdc exposure_per_window_max = usd(20);
    Usdc exposure_per_asset_max = usd(25);
    Usdc exposure_total_max = usd(50);
    Millis book_age_max{5'000};
    Millis spot_age_max{5'000};
    Millis signal_age_max{360'000};
    Millis clock_offset_max{250};
    Price price_min = cents(1);
    Price price_max = cents(99);
    bool calibration_watch = true;
    double calibration_reduce_alpha = 0.10;
    double calibration_stop_alpha = 0.01;
    int calibration_reduced_size = 50;
    SameMarket same_market = SameMarket::share;
    bool allow_loosening = false;

    friend bool operator==(RiskParams const&, RiskParams const&) = default;

    std::vector<ParamFault> faults() const;

    static constexpr auto table() {
        using P = RiskParams;
        return std::tuple{
            Param{
                "kill_switch",
                &P::kill_switch,
                usd(0),
                usd(1'000'000),
                "USDC",
                "A strategy whose bankroll falls below this stops until a human restarts it.",
                Change::loosens_down
            },
            Param{
                "loss_streak_max",
                &P::loss_streak_max,
                1,
                100,
                "losses",
                "So many settled losses in a row pause the strategy.",
                Change::loosens_up
            },
            Param{
                "loss_streak_cooldown",
                &P::loss_streak_cooldown,
                0s,
                Seconds{7 * 86'400},
                "",
                "Length of that pause; the count starts again after it.",
                Change::loosens_down
            },
            Param{
                "daily_loss_max",
                &P::daily_loss_max,
                usd(0),
                usd(1'000'000),
                "USDC a UTC day",
                "Net loss of all strategies in a UTC day at which trading stops until the next "
                "one.",
                Change::loosens_up
            },
            Param{
                "order_max",
                &P::order_max,
                usd(1),
                usd(1'000'000),
                "USDC",
                "Largest cost of one order, fee included.",
                Change::loosens_up
            },
            Param{
                "exposure_per_window_max",
                &P::exposure_per_window_max,
                usd(1),
                usd(1'000'000),
                "USDC",
                "Cost of open orders and unsettled shares in one window, all assets together.",
                Change::loosens_up
            },
            Param{
                "exposure_per_asset_max",
                &P::exposure_per_asset_max,
                usd(1),
                usd(1'000'000),
                "USDC",
                "The same for one asset over all windows.",
                Change::loosens_up
            },
            Param{
                "exposure_total_max",
                &P::exposure_total_max,
                usd(1),
                usd(10'000'000),
                "USDC",
                "The same over everything.",
                Change::loosens_up
            },
            Param{
                "book_age_max",
                &P::book_age_max,
                100ms,
                Millis{600'000},
                "",
                "No order on a book that has not been heard of for longer than this.",
                Change::loosens_up
            },
            Param{
                "spot_age_max",
                &P::spot_age_max,
                100ms,
                Millis{600'000},
                "",
                "No order on an older price of the coin.",
                Change::loosens_up
            },
            Param{
                "signal_age_max",
                &P::signal_age_max,
                Millis{1'000},
                Millis{3'600'000},
                "",
                "No order on a signal whose newest input is older than this. A signal made at the "
                "window's start is up to 300 s old at its close.",
                Change::loosens_up
            },
            Param{
                "clock_offset_max",
                &P::clock_offset_max,
                1ms,
                60s,
                "",
                "No order while our clock is further from the venue's than this.",
                Change::loosens_up
            },
            Param{
                "price_min",
                &P::price_min,
                Price::from_micros(100),
                Price::from_micros(999'900),
                "USDC/share",
                "No order below this price, whatever a strategy says.",
                Change::loosens_down
            },
            Param{
                "price_max",
                &P::price_max,
                Price::from_micros(100),
                Price::from_micros(999'900),
                "USDC/share",
                "No order above this price, whatever a strategy says.",
                Change::loosens_up
            },
            Param{
                "calibration_watch",
                &P::calibration_watch,
                "",
                "Hold a strategy's win probabilities against what happened; reduce, then stop it "
                "when they prove too high. A stop lasts until its parameters change.",
                Change::loosens_down
            },
            Param{
                "calibration_reduce_alpha",
                &P::calibration_reduce_alpha,
                1e-6,
                0.5,
                "probability",
                "Chance, over its whole life, that an honest strategy is ever reduced by bad luck.",
                Change::loosens_down
            },
            Param{
                "calibration_stop_alpha",
                &P::calibration_stop_alpha,
                1e-6,
                0.5,
                "probability",
                "The same for being stopped; at most calibration_reduce_alpha.",
                Change::loosens_down
            },
            Param{
                "calibration_reduced_size",
                &P::calibration_reduced_size,
                1,
                100,
                "% of the size",
                "What is left of a buy while the strategy is reduced.",
                Change::loosens_up
            },
            Param{
                "same_market",
                &P::same_market,
                "",
                "Several strategies in one market: share lets each buy within its own and the "
                "common "
                "limits; first keeps out all but the one that holds it or has an order there. The "
                "expiry strategy keeps out of occupied markets either way."
            },
            Param{
                "allow_loosening",
                &P::allow_loosening,
                "",
                "true: a reload of this file may loosen the limits above; false: only tighten them."
            },
        };
    }
};

} // namespace polyquant::config
