#include "engine/settlement/capture_check.hpp"

#include <fmt/format.h>

namespace polyquant::settlement {

namespace {

using market::BoundaryKind;
using market::BoundaryPrices;

std::optional<PricePoint> official(BoundaryPrices const& prices) {
    auto const& venue = prices.of(BoundaryKind::venue);
    return venue ? venue : prices.of(BoundaryKind::website);
}

bool is_up(UsdPrice strike, UsdPrice final_price) {
    return final_price >= strike;
}

std::string pair_text(UsdPrice captured, UsdPrice official) {
    auto const ppm = market::distance_ppm(official, captured);
    return fmt::format(
        "captured {} official {} ({}.{:02} bps)",
        to_string(captured),
        to_string(official),
        ppm / 100,
        ppm % 100
    );
}

} // namespace

void CaptureCheck::watch(Market const& market) {
    if (market.asset) open_.insert_or_assign({*market.asset, market.window}, market);
}

CaptureCheck::Verdict CaptureCheck::compare(
    Market const& market, market::PriceTrack const& prices, CaptureDiffered& difference
) const {
    auto const start = prices.at_boundary(market.window.start, market.rule);
    auto const end = prices.at_boundary(market.window.end(), market.rule);
    auto const official_strike = official(start);
    auto const official_final = official(end);
    if (!official_strike || !official_final) return Verdict::wait;
    auto const& strike = start.of(BoundaryKind::oracle);
    auto const& final_price = end.of(BoundaryKind::oracle);
    if (!strike && !final_price) return Verdict::not_captured;
    difference.market = market.condition;
    difference.slug = market.slug;
    difference.asset = *market.asset;
    difference.window = market.window;
    difference.official_strike = official_strike->price;
    difference.official_final = official_final->price;
    auto const differs = [&](std::optional<PricePoint> const& captured, PricePoint const& right) {
        return captured &&
               market::distance_ppm(right.price, captured->price) > limits_.tolerance_ppm;
    };
    if (strike) difference.strike = strike->price;
    if (final_price) difference.final_price = final_price->price;
    if (strike && final_price)
        difference.other_winner = is_up(strike->price, final_price->price) !=
                                  is_up(official_strike->price, official_final->price);
    if (difference.other_winner || differs(strike, *official_strike) ||
        differs(final_price, *official_final))
        return Verdict::wrong;
    return strike && final_price ? Verdict::fine : Verdict::not_captured;
}

std::vector<CaptureDiffered> CaptureCheck::due(UtcTime now, market::MarketBoard const& board) {
    std::vector<CaptureDiffered> wrong;
    std::erase_if(open_, [&](auto const& entry) {
        auto const& market = entry.second;
        if (now < market.window.end()) return false;
        CaptureDiffered difference;
        switch (compare(market, board.track(*market.asset), difference)) {
        case Verdict::wait:
            if (now < market.window.end() + limits_.give_up_after) return false;
            ++counts_.never_told;
            return true;
        case Verdict::fine: ++counts_.compared; return true;
        case Verdict::not_captured: ++counts_.not_captured; return true;
        case Verdict::wrong:
            ++counts_.compared;
            ++counts_.wrong;
            wrong.push_back(std::move(difference));
            return true;
        }
        return true;
    });
    return wrong;
}

std::string describe_capture(CaptureDiffered const& d) {
    auto text = d.slug;
    if (!(d.strike == UsdPrice{})) text += ": strike " + pair_text(d.strike, d.official_strike);
    if (!(d.final_price == UsdPrice{}))
        text += ", final " + pair_text(d.final_price, d.official_final);
    if (d.other_winner)
        text += fmt::format(
            ": by our capture {} won, officially {}",
            to_string(is_up(d.strike, d.final_price) ? Outcome::up : Outcome::down),
            to_string(is_up(d.official_strike, d.official_final) ? Outcome::up : Outcome::down)
        );
    return text;
}

} // namespace polyquant::settlement
