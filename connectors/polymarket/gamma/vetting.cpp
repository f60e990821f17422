#include "connectors/polymarket/gamma/vetting.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

Vetted refused(Market market, std::string reason) {
    return {Vetted::Verdict::refused, std::move(market), std::move(reason)};
}

Vetted not_yet(Market market, std::string reason) {
    return {Vetted::Verdict::not_yet, std::move(market), std::move(reason)};
}

bool is_known_tick(Price tick) {
    return limit_order_amounts(tick, Side::buy, shares(5), cents(50)).has_value();
}

} // namespace

Vetted vet(Listing const& listing, std::optional<ClobMarket> const& clob, UtcTime now) {
    auto market = listing.market;
    if (!listing.has_tokens) return not_yet(std::move(market), "no token ids yet");
    if (!listing.refusal.empty()) return refused(std::move(market), listing.refusal);
    if (listing.closed) return refused(std::move(market), "closed");
    if (now >= market.window.end())
        return refused(std::move(market), "ended " + format_utc(market.window.end()));
    if (!clob) return not_yet(std::move(market), "the exchange does not know it yet");

    if (!clob->tick) return refused(std::move(market), "the exchange names no tick size");
    if (!is_known_tick(*clob->tick))
        return refused(
            std::move(market), fmt::format("unknown tick size {}", to_string(*clob->tick))
        );
    market.tick = *clob->tick;
    if (auto const what = disagreement(market, *clob); !what.empty())
        return refused(
            std::move(market), fmt::format("Gamma and the exchange disagree on the {}", what)
        );
    if (!clob->accepts_orders.value_or(listing.accepts_orders))
        return not_yet(std::move(market), "not accepting orders");
    market.taker_delay = clob->has_taker_delay ? documented_taker_delay : Millis{0};
    return {Vetted::Verdict::tradeable, std::move(market), {}};
}

} // namespace polyquant::polymarket
