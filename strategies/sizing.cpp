#include "strategies/sizing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace polyquant::strategies {

namespace {

struct Rung {
    Usdc from;
    Usdc bet;
};

// Whole cents, rounded down, so that a bet reads as it is shown.
Usdc between(Rung const& low, Rung const& high, Usdc bankroll) {
    auto const span = static_cast<double>((high.from - low.from).micros());
    auto const share = static_cast<double>((bankroll - low.from).micros()) / span;
    auto const rise = static_cast<double>((high.bet - low.bet).micros()) * share;
    return usd_cents((low.bet.micros() + std::llround(rise)) / 10'000);
}

Usdc ladder_stake(SizingParams const& p, Usdc bankroll) {
    std::array const rungs{
        Rung{p.ladder_low_until, p.ladder_low_bet},
        Rung{p.ladder_mid_from, p.ladder_mid_bet},
        Rung{p.ladder_high_from, p.ladder_high_bet},
    };
    for (auto i = rungs.size(); i-- > 0;) {
        if (bankroll < rungs[i].from) continue;
        auto const is_top = i + 1 == rungs.size();
        if (is_top || p.ladder_shape == LadderShape::step) return rungs[i].bet;
        return between(rungs[i], rungs[i + 1], bankroll);
    }
    return p.ladder_low_bet;
}

Usdc kelly_stake(SizingParams const& p, StakeInput const& input) {
    auto const cost = to_double(input.price) + input.fee_per_share;
    auto const share =
        std::min(p.kelly_fraction * kelly_share(input.win_probability, cost), p.kelly_cap);
    if (!(share > 0) || input.bankroll <= Usdc{}) return Usdc{};
    // To the nearest micro: 4.999999 for a bet of 5 would buy a share less.
    auto const micros = static_cast<double>(input.bankroll.micros()) * share;
    auto const bet = Usdc::from_micros(std::llround(micros));
    return bet < p.kelly_bet_min ? Usdc{} : bet;
}

} // namespace

std::vector<ParamFault> SizingParams::sizing_faults() const {
    std::vector<ParamFault> found;
    if (!(ladder_low_until < ladder_mid_from && ladder_mid_from < ladder_high_from))
        found.push_back(
            {"ladder_mid_from",
             "the rungs must rise: ladder_low_until < ladder_mid_from < ladder_high_from"}
        );
    if (ladder_low_bet > ladder_mid_bet || ladder_mid_bet > ladder_high_bet)
        found.push_back(
            {"ladder_mid_bet",
             "the bets may not fall: ladder_low_bet <= ladder_mid_bet <= ladder_high_bet"}
        );
    return found;
}

double kelly_share(double win_probability, double cost) {
    if (!(cost > 0 && cost < 1)) return 0;
    return win_probability - (1 - win_probability) * cost / (1 - cost);
}

Usdc stake(SizingParams const& params, StakeInput const& input) {
    switch (params.sizing) {
    case Sizing::fixed: return params.bet;
    case Sizing::kelly: return kelly_stake(params, input);
    case Sizing::ladder: return ladder_stake(params, input.bankroll);
    }
    std::abort();
}

Usdc smallest_stake(SizingParams const& params) {
    switch (params.sizing) {
    case Sizing::fixed: return params.bet;
    case Sizing::kelly: return params.kelly_bet_min;
    case Sizing::ladder: return params.ladder_low_bet;
    }
    std::abort();
}

std::optional<Usdc> largest_stake(SizingParams const& params) {
    switch (params.sizing) {
    case Sizing::fixed: return params.bet;
    case Sizing::kelly: return std::nullopt;
    case Sizing::ladder: return params.ladder_high_bet;
    }
    std::abort();
}

} // namespace polyquant::strategies
