#include "engine/settlement/window_estimate.hpp"

#include <array>

namespace polyquant::settlement {

namespace {

using market::BoundaryKind;
using market::BoundaryPrices;

constexpr std::array official_kinds{
    BoundaryKind::venue, BoundaryKind::oracle, BoundaryKind::website
};
constexpr std::array oracle_kinds{
    BoundaryKind::venue, BoundaryKind::oracle, BoundaryKind::website, BoundaryKind::oracle_ticks
};

Outcome winner_of(PricePoint const& strike, PricePoint const& final_price) {
    return final_price.price >= strike.price ? Outcome::up : Outcome::down;
}

template <std::size_t N>
std::optional<BoundaryKind>
first_of(BoundaryPrices const& prices, std::array<BoundaryKind, N> const& kinds) {
    for (auto kind : kinds)
        if (prices.of(kind)) return kind;
    return std::nullopt;
}

void decide(
    WindowEstimate& estimate,
    BoundaryPrices const& start,
    BoundaryKind start_kind,
    BoundaryPrices const& end,
    BoundaryKind end_kind
) {
    estimate.strike = start.of(start_kind);
    estimate.final_price = end.of(end_kind);
    estimate.source =
        end_kind >= start_kind ? estimate.final_price->source : estimate.strike->source;
    estimate.winner = winner_of(*estimate.strike, *estimate.final_price);
}

} // namespace

WindowEstimate
estimate_window(market::PriceTrack const& prices, Window window, SettlementRule rule) {
    auto const start = prices.at_boundary(window.start, rule);
    auto const end = prices.at_boundary(window.end(), rule);
    WindowEstimate estimate;

    auto const start_official = first_of(start, official_kinds);
    auto const end_official = first_of(end, official_kinds);
    if (start_official && end_official) {
        decide(estimate, start, *start_official, end, *end_official);
        estimate.official = true;
        for (auto s : official_kinds)
            for (auto e : official_kinds)
                if (start.of(s) && end.of(e) &&
                    winner_of(*start.of(s), *end.of(e)) != estimate.winner)
                    estimate.disputed = true;
        if (estimate.disputed) estimate.winner.reset();
        return estimate;
    }
    auto const start_oracle = first_of(start, oracle_kinds);
    auto const end_oracle = first_of(end, oracle_kinds);
    if (start_oracle && end_oracle) {
        decide(estimate, start, *start_oracle, end, *end_oracle);
        return estimate;
    }
    for (auto kind : {BoundaryKind::trade, BoundaryKind::bar}) {
        if (!start.of(kind) || !end.of(kind)) continue;
        decide(estimate, start, kind, end, kind);
        return estimate;
    }
    estimate.strike = start.best();
    estimate.final_price = end.best();
    return estimate;
}

} // namespace polyquant::settlement
