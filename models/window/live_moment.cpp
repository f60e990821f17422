#include "models/window/live_moment.hpp"

#include "engine/core/units.hpp"

#include <algorithm>
#include <chrono>

namespace polyquant::models::window {

namespace {

constexpr Seconds bar_age_max{90};
// Binance's price against the oracle's: outcomes differ nearly only below 2 basis points.
constexpr double basis_sd = 1e-4;

double seconds(Nanos span) {
    return std::chrono::duration<double>(span).count();
}

bool is_of_the_oracle(PriceSource source) {
    return source != PriceSource::binance_trade && source != PriceSource::binance_bar;
}

double average_seconds(MarketView const& view) {
    if (view.market == nullptr || view.market->rule.kind == SettlementRule::Kind::spot) return 0;
    return static_cast<double>(view.market->rule.twap_length.count());
}

} // namespace

LiveMoment live_moment(MarketView const& view) {
    auto const length = average_seconds(view);
    auto const now_left = seconds(view.to_close());
    auto const is_inside_average = now_left < length;
    // An old price has the walk since then still before it.
    auto const since_price = seconds(view.window.end() - view.spot->at);
    auto const same_source =
        is_of_the_oracle(view.strike->source) && is_of_the_oracle(view.spot->source);
    return {
        .state =
            {.strike = to_double(view.strike->price),
             .spot = to_double(view.spot->price),
             .average_so_far = view.average ? to_double(view.average->price) : 0,
             .seconds_left = is_inside_average ? now_left : std::max(now_left, since_price),
             .average_seconds = length},
        .price_noise = same_source ? 0 : basis_sd
    };
}

std::string_view why_unusable(MarketView const& view, bool enough_bars, UtcTime last_close) {
    if (view.now >= view.window.end()) return "window over";
    if (!enough_bars) return "too few bars";
    if (view.now - last_close > bar_age_max) return "bars stale";
    if (!view.strike) return "strike unknown";
    if (view.strike_disputed) return "strike disputed";
    if (!view.spot) return "no price";
    if (seconds(view.to_close()) < average_seconds(view) && !view.average)
        return "average so far unknown";
    return {};
}

} // namespace polyquant::models::window
