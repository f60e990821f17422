// The cookbook's strategy, complete in one file: late in the window, buy the side on which the coin
// stands, if its ask is within a range. It believes nothing about probabilities, so `assumed_edge`
// says what it hopes for, and break-even is judged by that. docs/strategy-cookbook.md explains it
// line by line.
#pragma once

#include "strategies/scalp/side.hpp"

#include <algorithm>

namespace polyquant::strategies::examples {

// 1. Parameters: the defaults, one table row each. Parsing, ranges, printing, documentation, the
//    hash of the statistics epoch and the break-even table follow from it.
struct LeaderParams : ScalpParams {
    config::AssetList assets{Asset::btc};
    Seconds lead = 30s;
    UsdPrice min_move = UsdPrice::from_e8(10 * UsdPrice::scale);
    double assumed_edge = 0.04;

    friend bool operator==(LeaderParams const&, LeaderParams const&) = default;

    std::vector<ParamFault> faults() const { return scalp_faults(lead, assets); }

    static constexpr auto table() {
        using P = LeaderParams;
        auto own = std::tuple{
            Param{"assets", &P::assets, "", "Coins whose windows it trades."},
            Param{"lead", &P::lead, 1s, 300s, "before close", "Trade only this late."},
            Param{
                "min_move",
                &P::min_move,
                UsdPrice{},
                UsdPrice::from_e8(100'000 * UsdPrice::scale),
                "USD of the coin",
                "Least distance of the coin's price from the strike."
            },
            Param{
                "assumed_edge",
                &P::assumed_edge,
                0.0,
                0.5,
                "probability",
                "How much oftener than its price and fee say the leading side is believed to win."
            },
        };
        return std::tuple_cat(own, ScalpParams::table());
    }
};

// 2. The decision: values in, an order or a reason out. No clock, no I/O, no memory of its own.
class Leader final : public Strategy {
public:
    Leader(config::StrategyConfig config, LeaderParams params)
        : Strategy{std::move(config)}, params_{std::move(params)} {}

    bool trades(Asset asset) const override {
        return std::ranges::find(params_.assets, asset) != params_.assets.end();
    }

    Seconds lead() const override { return params_.lead; }

    Decision decide(StrategyInput const& input) override {
        Decision decision;
        auto const refuse = [&](Reason reason) {
            decision.reason = reason;
            return std::move(decision);
        };
        auto const& view = input.view;

        // A signal of our own, so that the shared checks of the scalp strategies can be used.
        models::Signal signal;
        signal.asset = view.asset.value_or(Asset::btc);
        signal.window = view.window;
        signal.as_of = view.now;
        signal.usable = true;
        auto const own = StrategyInput{
            .view = view,
            .signal = &signal,
            .state = input.state,
            .bankroll = input.bankroll,
            .input_seq = input.input_seq
        };
        auto const reason = check_window({params_, params_.assets, params_.lead, enabled()}, own);
        if (reason != Reason::order_sent) return refuse(reason);
        if (!view.strike) return refuse(Reason::strike_unknown);

        auto const move = view.spot->price - view.strike->price;
        auto const side = move >= UsdPrice{} ? Outcome::up : Outcome::down;
        if ((side == Outcome::up ? move : UsdPrice{} - move) < params_.min_move)
            return refuse(Reason::move_too_small);

        auto const& book = view.book(side);
        if (book && book->is_live() && book->depth(BookSide::ask) > 0) {
            auto const ask = book->level(BookSide::ask, 0).price;
            auto const believed =
                break_even_probability(view.market->fee, ask) + params_.assumed_edge;
            signal.up = side == Outcome::up ? std::min(believed, 1.0) : 1 - std::min(believed, 1.0);
        }
        auto const offer = check_side(params_, own, input.state[side], side);
        decision[side] = offer.audit;
        if (offer.audit.reason == Reason::order_sent)
            return buy(name(), own, side, offer, std::move(decision));
        decision.side = side;
        return refuse(offer.audit.reason);
    }

private:
    LeaderParams params_;
};

} // namespace polyquant::strategies::examples
