#include "strategies/break_even.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace polyquant::strategies {

namespace {

constexpr Usdc least_marketable = usd(1);
// Sums of a few doubles near 1 are exact to about 1e-15.
constexpr double rounding = 1e-12;

std::vector<Price> asks_of(BuyerNumbers const& numbers) {
    std::vector<Price> asks{numbers.ask_min};
    auto const next_cent = numbers.ask_min.micros() / cents(1).micros() + 1;
    for (auto cent = next_cent; cents(cent) < numbers.ask_max; ++cent)
        asks.push_back(cents(cent));
    if (numbers.ask_max > numbers.ask_min) asks.push_back(numbers.ask_max);
    return asks;
}

std::string size_fault(Price ask, Usdc stake) {
    auto const size = shares_affordable(stake, ask, shares(1));
    if (size.is_zero())
        return fmt::format(
            "{} USDC buys no whole share at an ask of {}", to_string(stake), to_string(ask)
        );
    auto const cost = cost_rounded_down(ask, size);
    if (cost < least_marketable)
        return fmt::format(
            "{} USDC at an ask of {} is an order of {} USDC, below the venue's least of 1",
            to_string(stake),
            to_string(ask),
            to_string(cost)
        );
    return {};
}

std::string cap_fault(BuyerNumbers const& n, Price ask, Usdc stake, config::RiskParams const& r) {
    auto const size = shares_affordable(stake, ask, shares(1));
    auto const cost = cost_rounded_up(ask, size) + taker_fee(n.fee, size, ask, Rounding::up);
    auto const caps = {
        std::pair{"order_max", r.order_max},
        std::pair{"exposure_per_window_max", r.exposure_per_window_max},
        std::pair{"exposure_per_asset_max", r.exposure_per_asset_max},
        std::pair{"exposure_total_max", r.exposure_total_max},
    };
    for (auto const& [name, cap] : caps)
        if (cost > cap)
            return fmt::format(
                "a bet of {} USDC costs {} with its fee at an ask of {}, more than risk.{} = {}",
                to_string(stake),
                to_string(cost),
                to_string(ask),
                name,
                to_string(cap)
            );
    return {};
}

} // namespace

std::vector<config::BreakEvenRow> break_even_table(BuyerNumbers const& numbers) {
    std::vector<config::BreakEvenRow> rows;
    for (auto const ask : asks_of(numbers)) {
        auto const fee = fee_per_share(numbers.fee, ask);
        rows.push_back(
            {ask,
             fee,
             break_even_probability(numbers.fee, ask),
             to_double(ask) + numbers.min_edge + (numbers.count_fee ? fee : 0)}
        );
    }
    return rows;
}

std::vector<config::ParamFault> unsound_numbers(
    BuyerNumbers const& numbers, SizingParams const& sizing, config::RiskParams const& risk
) {
    auto const rows = break_even_table(numbers);
    std::vector<config::ParamFault> found;
    auto const first = [&](char const* key, auto const& complaint) {
        for (auto const& row : rows)
            if (auto text = complaint(row); !text.empty()) {
                found.push_back({key, std::move(text)});
                return;
            }
    };
    first("min_edge", [&](config::BreakEvenRow const& row) {
        return row.required > row.break_even + rounding
                   ? std::string{}
                   : fmt::format(
                         "unprofitable: at an ask of {} it buys from a win probability of {:.4f} "
                         "on, but breaks even only at {:.4f} (the fee is {:.4f} a share)",
                         to_string(row.ask),
                         row.required,
                         row.break_even,
                         row.fee
                     );
    });
    first("ask_max", [&](config::BreakEvenRow const& row) {
        return row.required < 1 - rounding
                   ? std::string{}
                   : fmt::format(
                         "at an ask of {} it would need a win probability of {:.4f}: never",
                         to_string(row.ask),
                         row.required
                     );
    });
    first("ask_max", [&](config::BreakEvenRow const& row) {
        return row.ask >= risk.price_min && row.ask <= risk.price_max
                   ? std::string{}
                   : fmt::format(
                         "an ask of {} is outside risk.price_min = {} to risk.price_max = {}",
                         to_string(row.ask),
                         to_string(risk.price_min),
                         to_string(risk.price_max)
                     );
    });
    if (sizing.sizing != Sizing::kelly) {
        auto const* const key = sizing.sizing == Sizing::fixed ? "bet" : "ladder_low_bet";
        first(key, [&](config::BreakEvenRow const& row) {
            return size_fault(row.ask, smallest_stake(sizing));
        });
    }
    if (auto const most = largest_stake(sizing)) {
        auto const* const key = sizing.sizing == Sizing::fixed ? "bet" : "ladder_high_bet";
        first(key, [&](config::BreakEvenRow const& row) {
            return cap_fault(numbers, row.ask, *most, risk);
        });
    }
    return found;
}

} // namespace polyquant::strategies
