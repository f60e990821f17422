// How much money a buy may cost: a fixed bet, a fraction of Kelly's, or a ladder by bankroll.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::strategies {

using config::Choice;
using config::Param;
using config::ParamFault;

enum class Sizing : std::uint8_t { fixed, kelly, ladder };

constexpr std::array<Choice<Sizing>, 3> choices(Sizing) {
    return {{{"fixed", Sizing::fixed}, {"kelly", Sizing::kelly}, {"ladder", Sizing::ladder}}};
}

enum class LadderShape : std::uint8_t { step, linear };

constexpr std::array<Choice<LadderShape>, 2> choices(LadderShape) {
    return {{{"step", LadderShape::step}, {"linear", LadderShape::linear}}};
}

struct SizingParams {
    Sizing sizing = Sizing::fixed;
    Usdc bet = usd(5);
    double kelly_fraction = 0.25;
    double kelly_cap = 0.05;
    Usdc kelly_bet_min = usd_cents(50);
    LadderShape ladder_shape = LadderShape::step;
    Usdc ladder_low_bet = usd(3);
    Usdc ladder_low_until = usd(20);
    Usdc ladder_mid_bet = usd(5);
    Usdc ladder_mid_from = usd(30);
    Usdc ladder_high_bet = usd(8);
    Usdc ladder_high_from = usd(50);

    friend bool operator==(SizingParams const&, SizingParams const&) = default;

    std::vector<ParamFault> sizing_faults() const;

    static constexpr auto table() {
        using P = SizingParams;
        constexpr auto most = usd(1'000'000);
        return std::tuple{
            Param{"sizing", &P::sizing, "", "fixed: bet; kelly: a fraction of Kelly's; ladder."},
            Param{"bet", &P::bet, usd(1), most, "USDC", "The bet of sizing = \"fixed\"."},
            Param{
                "kelly_fraction",
                &P::kelly_fraction,
                0.0,
                1.0,
                "of Kelly's bet",
                "f = (P b - (1 - P)) / b with b = (1 - c) / c, c the cost of a share with its fee."
            },
            Param{
                "kelly_cap", &P::kelly_cap, 0.0, 1.0, "of the bankroll", "Most a Kelly bet may be."
            },
            Param{
                "kelly_bet_min",
                &P::kelly_bet_min,
                usd(0),
                most,
                "USDC",
                "A smaller Kelly bet is not made."
            },
            Param{
                "ladder_shape",
                &P::ladder_shape,
                "",
                "Between two rungs: step keeps the lower bet, linear goes over smoothly."
            },
            Param{"ladder_low_bet", &P::ladder_low_bet, usd(1), most, "USDC", "Lowest rung."},
            Param{
                "ladder_low_until",
                &P::ladder_low_until,
                usd(0),
                most,
                "USDC of bankroll",
                "The lowest rung holds up to here."
            },
            Param{"ladder_mid_bet", &P::ladder_mid_bet, usd(1), most, "USDC", "Middle rung."},
            Param{
                "ladder_mid_from",
                &P::ladder_mid_from,
                usd(0),
                most,
                "USDC of bankroll",
                "The middle rung is reached here."
            },
            Param{"ladder_high_bet", &P::ladder_high_bet, usd(1), most, "USDC", "Highest rung."},
            Param{
                "ladder_high_from",
                &P::ladder_high_from,
                usd(0),
                most,
                "USDC of bankroll",
                "The highest rung is reached here."
            },
        };
    }
};

struct StakeInput {
    Usdc bankroll;
    Price price;
    double fee_per_share = 0; // 0 where the strategy does not count fees
    double win_probability = 0;
};

// The money to spend on shares, fee not included. Zero: do not bet. Not limited to the bankroll
// except by Kelly's cap: the caller checks what it can pay.
Usdc stake(SizingParams const& params, StakeInput const& input);

// Kelly's share of the bankroll for a binary bet at cost c a share that pays 1; zero or less means
// no bet, and so does a cost outside (0, 1). f = P - (1 - P) c / (1 - c), the form above reduced.
double kelly_share(double win_probability, double cost);

// The smallest and largest stake that the parameters allow whatever the bankroll; Kelly has no
// largest.
Usdc smallest_stake(SizingParams const& params);
std::optional<Usdc> largest_stake(SizingParams const& params);

} // namespace polyquant::strategies
