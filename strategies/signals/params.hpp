// Parameters of three further signals on the windows of our coins. None is part of an example
// configuration: each is a hypothesis with a statistics epoch of its own.
#pragma once

#include "strategies/scalp/params.hpp"

namespace polyquant::strategies {

// What the three share: a scalp strategy's checks, its coins and its zone.
struct SignalParams : ScalpParams {
    config::AssetList assets{all_assets.begin(), all_assets.end()};
    Seconds lead = 60s;

    std::vector<ParamFault> faults() const { return scalp_faults(lead, assets); }

    static constexpr auto table() {
        using P = SignalParams;
        auto own = std::tuple{
            Param{"assets", &P::assets, "", "Coins whose windows it trades."},
            Param{
                "lead",
                &P::lead,
                1s,
                300s,
                "before close",
                "Trade in the last so many seconds of the window, down to the margin."
            },
        };
        return std::tuple_cat(own, ScalpParams::table());
    }
};

// The model's edge, and the market on its way to us: the ask has risen.
struct AskMomentumParams : SignalParams {
    Seconds look_back = 20s;
    Price min_rise = cents(5);

    friend bool operator==(AskMomentumParams const&, AskMomentumParams const&) = default;

    std::vector<ParamFault> faults() const;

    static constexpr auto table() {
        using P = AskMomentumParams;
        auto own = std::tuple{
            Param{
                "look_back",
                &P::look_back,
                1s,
                240s,
                "",
                "The ask is compared with the one so long ago."
            },
            Param{
                "min_rise",
                &P::min_rise,
                Price::from_micros(100),
                cents(90),
                "USDC/share",
                "Least rise of the ask over look_back; equal is enough."
            },
        };
        return std::tuple_cat(own, SignalParams::table());
    }
};

// What buying at this ask with this much time left has been worth. The table is a parameter, so its
// cells are part of the epoch.
struct AskTableParams : SignalParams {
    config::TextList cells;
    double prior = 20;
    int count_min = 50;

    friend bool operator==(AskTableParams const&, AskTableParams const&) = default;

    std::vector<ParamFault> faults() const;

    static constexpr auto table() {
        using P = AskTableParams;
        auto own = std::tuple{
            Param{
                "cells",
                &P::cells,
                "",
                "Lines \"seconds_bucket ask_bucket count wins asks\", as an ask table prints them; "
                "none: it never trades."
            },
            Param{
                "prior",
                &P::prior,
                0.0,
                10'000.0,
                "bets",
                "Imagined fair bets that each cell begins with."
            },
            Param{
                "count_min",
                &P::count_min,
                1,
                1'000'000,
                "observations",
                "A cell with fewer says nothing."
            },
        };
        return std::tuple_cat(own, SignalParams::table());
    }
};

// One coin has moved, the others' asks have not followed yet.
struct AssetLagParams : SignalParams {
    std::string leader = "btc";
    double leader_move = 0.0010;
    double followed_share = 0.5;
    double win_probability = 0.90;

    friend bool operator==(AssetLagParams const&, AssetLagParams const&) = default;

    AssetLagParams() { assets = {Asset::sol, Asset::xrp}; }

    std::vector<ParamFault> faults() const;

    static constexpr auto table() {
        using P = AssetLagParams;
        auto own = std::tuple{
            Param{"leader", &P::leader, "", "The coin that moves first: btc, eth, sol or xrp."},
            Param{
                "leader_move",
                &P::leader_move,
                0.0,
                1.0,
                "of its strike",
                "Least move of the leader since the window's start."
            },
            Param{
                "followed_share",
                &P::followed_share,
                0.0,
                10.0,
                "of the leader's move",
                "A coin that has already moved this much the same way is no laggard."
            },
            Param{
                "win_probability",
                &P::win_probability,
                0.5,
                0.999,
                "probability",
                "What a laggard's side is believed to win: a hypothesis, to be checked against its "
                "own statistics."
            },
        };
        return std::tuple_cat(own, SignalParams::table());
    }
};

} // namespace polyquant::strategies
