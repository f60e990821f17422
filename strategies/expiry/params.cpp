#include "strategies/expiry/params.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::strategies {

namespace {

double return_of_win(Price ask) {
    auto const cost = break_even_probability(crypto_fee(), ask);
    return (1 - cost) / cost;
}

} // namespace

std::vector<ParamFault> ExpiryParams::faults() const {
    auto found = sizing_faults();
    auto const ordered = [&](char const* low, auto a, char const* high, auto b) {
        if (a > b)
            found.push_back(
                {low,
                 fmt::format(
                     "{} is above {} = {}", config::print_value(a), high, config::print_value(b)
                 )}
            );
    };
    ordered("ask_min", ask_min, "ask_max", ask_max);
    ordered("watch_price_min", watch_price_min, "list_price_min", list_price_min);
    ordered("ladder_near", ladder_near, "ladder_middle", ladder_middle);
    ordered("spread_narrow", spread_narrow, "spread_wide", spread_wide);
    if (margin >= look_ahead)
        found.push_back({"margin", "is not below look_ahead: nothing could ever be bought"});
    if (listing_age_max <= scan_interval)
        found.push_back(
            {"listing_age_max", "is not above scan_interval: every candidate would be dropped"}
        );
    if (listing_age_max <= full_scan_interval)
        found.push_back(
            {"listing_age_max", "is not above full_scan_interval: candidates would be dropped"}
        );
    auto const lists = {
        std::pair{"block_words", &block_words},
        std::pair{"allow_words", &allow_words},
        std::pair{"block_tags", &block_tags},
        std::pair{"allow_tags", &allow_tags},
    };
    for (auto const& [key, list] : lists)
        if (std::ranges::any_of(*list, &std::string::empty))
            found.push_back({key, "holds an empty text, which every market has"});
    if (sizing == Sizing::kelly)
        found.push_back(
            {"sizing", "kelly needs a probability, and this strategy has none of its own"}
        );
    return found;
}

std::vector<config::BreakEvenRow> ExpiryParams::break_even() const {
    auto const lowest =
        time_ladder ? std::min({ladder_near_ask, ladder_middle_ask, ladder_far_ask}) : ask_min;
    auto const least = confirmation == Confirmation::off ? lowest : std::min(lowest, confirmed_ask);
    auto rows = break_even_table({std::min(least, ask_max), ask_max, 0, true, crypto_fee()});
    for (auto& row : rows)
        row.required = row.break_even * (1 + return_min);
    return rows;
}

std::vector<ParamFault> ExpiryParams::unsound(config::RiskParams const& risk) const {
    std::vector<ParamFault> found;
    auto const rows = break_even();
    auto const any_pays = std::ranges::any_of(rows, [&](config::BreakEvenRow const& row) {
        auto const gain = return_of_win(row.ask);
        return gain > 0 && gain >= return_min;
    });
    if (!any_pays)
        found.push_back(
            {"return_min",
             fmt::format(
                 "no ask of the range returns {} after the fee of crypto markets", return_min
             )}
        );
    // There is no edge to judge: a nominal one leaves the rules about sizes and limits.
    constexpr double nominal_edge = 1e-6;
    BuyerNumbers const numbers{rows.front().ask, ask_max, nominal_edge, true, crypto_fee()};
    for (auto& fault : unsound_numbers(numbers, *this, risk))
        found.push_back(std::move(fault));
    return found;
}

} // namespace polyquant::strategies
