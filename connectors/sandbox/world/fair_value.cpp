#include "connectors/sandbox/world/fair_value.hpp"

#include "connectors/sandbox/world/normal.hpp"

#include <algorithm>
#include <cmath>

namespace polyquant::sandbox {

namespace {

double seconds_of(Nanos length) {
    return std::chrono::duration<double>(length).count();
}

} // namespace

double probability_above(double spot, double strike, double sigma, Nanos left) {
    auto const deviation = sigma * std::sqrt(std::max(seconds_of(left), 0.25));
    return normal_cdf(std::log(spot / strike) / deviation);
}

double updown_probability(
    Oracle const& oracle, WorldMarket const& market, double spot, double sigma, UtcTime now
) {
    auto const& window = market.market.window;
    auto const length = market.market.rule.kind == SettlementRule::Kind::twap
                            ? static_cast<double>(market.market.rule.twap_length.count())
                            : 0.0;
    if (!market.strike) return 0.5; // the strike moves with the coin until the window begins
    auto const strike = to_double(*market.strike);
    auto const tau = std::max(seconds_of(window.end() - now), 0.25);
    if (tau >= length) {
        auto const deviation = sigma * std::sqrt(tau - 2 * length / 3);
        return normal_cdf(std::log(spot / strike) / deviation);
    }
    auto const known = static_cast<std::int64_t>(length - tau);
    auto const so_far =
        known > 0 ? oracle.value(market.asset, twap_rule(Seconds{known}), now) : std::nullopt;
    auto const mean = ((length - tau) * (so_far ? to_double(*so_far) : spot) + tau * spot) / length;
    // The last seconds are decided but for the oracle's own noise.
    auto const deviation = std::max(sigma * std::sqrt(tau * tau * tau / 3) / length, 2e-7);
    return normal_cdf(std::log(mean / strike) / deviation);
}

} // namespace polyquant::sandbox
