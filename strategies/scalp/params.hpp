// Parameters of the two scalp strategies. Defaults are the plan's v4.
#pragma once

#include "strategies/break_even.hpp"
#include "strategies/sizing.hpp"

namespace polyquant::strategies {

enum class LimitGrid : std::uint8_t { tick, cent };

constexpr std::array<Choice<LimitGrid>, 2> choices(LimitGrid) {
    return {{{"tick", LimitGrid::tick}, {"cent", LimitGrid::cent}}};
}

// What S1 and S2 share.
struct ScalpParams : SizingParams {
    Price ask_min = cents(85);
    Price ask_max = cents(95);
    double min_edge = 0.03;
    bool count_fee = true;
    LimitGrid limit_grid = LimitGrid::tick;
    bool depth_check = true;
    Millis margin{1'000};
    int attempts_max = 3;
    Millis retry_pause{2'000};
    Millis book_age_max{5'000};
    Millis spot_age_max{5'000};
    Millis signal_age_max{360'000};

    friend bool operator==(ScalpParams const&, ScalpParams const&) = default;

    BuyerNumbers numbers() const { return {ask_min, ask_max, min_edge, count_fee, crypto_fee()}; }

    std::vector<config::BreakEvenRow> break_even() const { return break_even_table(numbers()); }

    std::vector<ParamFault> unsound(config::RiskParams const& risk) const {
        return unsound_numbers(numbers(), *this, risk);
    }

    std::vector<ParamFault> scalp_faults(Seconds lead, config::AssetList const& assets) const;

    static constexpr auto table() {
        using P = ScalpParams;
        constexpr auto lowest = Price::from_micros(100);
        constexpr auto highest = Price::from_micros(999'900);
        constexpr auto longest = Millis{3'600'000};
        auto own = std::tuple{
            Param{"ask_min", &P::ask_min, lowest, highest, "USDC/share", "Buy at no lower ask."},
            Param{"ask_max", &P::ask_max, lowest, highest, "USDC/share", "Buy at no higher ask."},
            Param{
                "min_edge",
                &P::min_edge,
                0.0,
                1.0,
                "probability",
                "Least P - ask - fee; equal is enough."
            },
            Param{
                "count_fee",
                &P::count_fee,
                "",
                "false: take the edge before the taker fee, as the original did."
            },
            Param{
                "limit_grid",
                &P::limit_grid,
                "",
                "The limit is the ask on the market's tick, or rounded to cents as the original "
                "did."
            },
            Param{
                "depth_check",
                &P::depth_check,
                "",
                "Send no FOK when the book shows less than its size at the limit or better."
            },
            Param{
                "margin",
                &P::margin,
                0ms,
                Millis{300'000},
                "before close",
                "Send nothing this late: it could not be matched before the close."
            },
            Param{
                "attempts_max",
                &P::attempts_max,
                1,
                100,
                "orders",
                "Orders without any fill before it gives up (a side for S1, the window for S2)."
            },
            Param{
                "retry_pause",
                &P::retry_pause,
                0ms,
                Millis{300'000},
                "",
                "Pause after an order that was not filled."
            },
            Param{
                "book_age_max",
                &P::book_age_max,
                100ms,
                longest,
                "",
                "Older books are not traded on; the [risk] limit of this name holds as well."
            },
            Param{
                "spot_age_max",
                &P::spot_age_max,
                100ms,
                longest,
                "",
                "The same for the price of the coin."
            },
            Param{
                "signal_age_max",
                &P::signal_age_max,
                100ms,
                longest,
                "",
                "The same for the newest input of the signal (up to 300 s old for a signal made "
                "at the window's start)."
            },
        };
        return std::tuple_cat(own, SizingParams::table());
    }
};

// S1 "model edge": both sides, each once a window.
struct ScalpS1Params : ScalpParams {
    config::AssetList assets{all_assets.begin(), all_assets.end()};
    Seconds lead = 45s;

    friend bool operator==(ScalpS1Params const&, ScalpS1Params const&) = default;

    std::vector<ParamFault> faults() const { return scalp_faults(lead, assets); }

    static constexpr auto table() {
        using P = ScalpS1Params;
        auto own = std::tuple{
            Param{"assets", &P::assets, "", "Coins whose windows it trades."},
            Param{
                "lead",
                &P::lead,
                1s,
                900s,
                "before close",
                "Trade in the last so many seconds of the window, down to the margin."
            },
        };
        return std::tuple_cat(own, ScalpParams::table());
    }
};

// S2 "model edge and the coin's move": the side of the move only, once a window.
struct ScalpS2Params : ScalpParams {
    config::AssetList assets{Asset::btc};
    Seconds lead = 60s;
    UsdPrice min_move = UsdPrice::from_e8(25 * UsdPrice::scale);

    friend bool operator==(ScalpS2Params const&, ScalpS2Params const&) = default;

    std::vector<ParamFault> faults() const { return scalp_faults(lead, assets); }

    static constexpr auto table() {
        using P = ScalpS2Params;
        auto own = std::tuple{
            Param{"assets", &P::assets, "", "Coins whose windows it trades."},
            Param{
                "lead",
                &P::lead,
                1s,
                900s,
                "before close",
                "Trade in the last so many seconds of the window, down to the margin."
            },
            Param{
                "min_move",
                &P::min_move,
                UsdPrice{},
                UsdPrice::from_e8(100'000 * UsdPrice::scale),
                "USD of the coin",
                "Least distance of the coin's price from the strike; equal is enough."
            },
        };
        return std::tuple_cat(own, ScalpParams::table());
    }
};

} // namespace polyquant::strategies
