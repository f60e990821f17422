#include "strategies/scalp/scalp.hpp"

#include "strategies/scalp/side.hpp"

#include <algorithm>
#include <utility>

namespace polyquant::strategies {

namespace {

bool contains(config::AssetList const& assets, Asset asset) {
    return std::find(assets.begin(), assets.end(), asset) != assets.end();
}

// One order a window, whichever side it is for.
SideState whole_window(WindowState const& state) {
    auto const& up = state[Outcome::up];
    auto const& down = state[Outcome::down];
    return {
        up.orders_sent + down.orders_sent,
        up.pending || down.pending,
        up.filled || down.filled,
        std::max(up.last_order_at, down.last_order_at)
    };
}

} // namespace

ScalpS1::ScalpS1(config::StrategyConfig config, ScalpS1Params params)
    : Strategy{std::move(config)}, params_{std::move(params)} {}

bool ScalpS1::trades(Asset asset) const {
    return contains(params_.assets, asset);
}

Decision ScalpS1::decide(StrategyInput const& input) {
    Decision decision;
    decision.reason = check_window({params_, params_.assets, params_.lead, enabled()}, input);
    if (decision.reason != Reason::order_sent) return decision;
    for (auto const outcome : {Outcome::up, Outcome::down}) {
        auto const offer = check_side(params_, input, input.state[outcome], outcome);
        decision[outcome] = offer.audit;
        if (offer.audit.reason == Reason::order_sent)
            return buy(name(), input, outcome, offer, std::move(decision));
    }
    decision.side = nearer_side(params_, decision);
    decision.reason = decision[*decision.side].reason;
    return decision;
}

std::vector<PlaceOrder> ScalpS1::likely_orders(StrategyInput const& input) const {
    return strategies::likely_orders(name(), params_, input);
}

ScalpS2::ScalpS2(config::StrategyConfig config, ScalpS2Params params)
    : Strategy{std::move(config)}, params_{std::move(params)} {}

bool ScalpS2::trades(Asset asset) const {
    return contains(params_.assets, asset);
}

Decision ScalpS2::decide(StrategyInput const& input) {
    Decision decision;
    decision.reason = check_window({params_, params_.assets, params_.lead, enabled()}, input);
    if (decision.reason != Reason::order_sent) return decision;
    auto const& view = input.view;
    if (!view.strike) {
        decision.reason = Reason::strike_unknown;
        return decision;
    }
    auto const move = view.spot->price - view.strike->price;
    auto const outcome = move >= UsdPrice{} ? Outcome::up : Outcome::down;
    auto const distance = outcome == Outcome::up ? move : UsdPrice{} - move;
    if (distance < params_.min_move) {
        decision.reason = Reason::move_too_small;
        return decision;
    }
    auto const offer = check_side(params_, input, whole_window(input.state), outcome);
    decision[outcome] = offer.audit;
    if (offer.audit.reason == Reason::order_sent)
        return buy(name(), input, outcome, offer, std::move(decision));
    decision.side = outcome;
    decision.reason = offer.audit.reason;
    return decision;
}

std::vector<PlaceOrder> ScalpS2::likely_orders(StrategyInput const& input) const {
    return strategies::likely_orders(name(), params_, input);
}

} // namespace polyquant::strategies
