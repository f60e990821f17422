#include "engine/app/expiry_desk.hpp"

#include <fmt/format.h>

#include <utility>

namespace polyquant::app {

using namespace strategies::expiry;

ExpiryDesk::ExpiryDesk(Parts parts, std::unique_ptr<ExpiryStrategy> strategy)
    : parts_{std::move(parts)}, actor_{parts_.clock, *this, std::move(strategy)} {}

std::optional<MarketView> ExpiryDesk::view(ConditionId const& market) const {
    return parts_.board.view(market, parts_.clock.utc_now());
}

std::optional<PricePoint> ExpiryDesk::spot(Asset asset) const {
    auto const now = parts_.clock.utc_now();
    return parts_.board.view(asset, window_at(now), now).spot;
}

Usdc ExpiryDesk::free_bankroll(StrategyName const& strategy) const {
    auto const* account = parts_.portfolio.find(strategy);
    return account != nullptr ? account->cash : Usdc{};
}

Held ExpiryDesk::held(StrategyName const& strategy, TokenId const& token) const {
    Held held;
    auto const* account = parts_.portfolio.find(strategy);
    if (account == nullptr) return held;
    if (auto const position = account->positions.find(token);
        position != account->positions.end()) {
        held.exposure = position->second.exposure;
        held.cost = position->second.cost;
        held.sellable = account->sellable(token);
    }
    held.open_orders = account->open_orders(token);
    return held;
}

bool ExpiryDesk::held_elsewhere(StrategyName const& asking, ConditionId const& market) const {
    return parts_.portfolio.is_engaged(market, asking);
}

void ExpiryDesk::watch(Market const& market) {
    auto const now = parts_.clock.utc_now();
    if (parts_.board.find(market.condition) == nullptr)
        parts_.bus.publish(Event{MarketListed{{now, now, 0}, market}});
    else if (parts_.follow)
        parts_.follow(market);
}

void ExpiryDesk::unwatch(ConditionId const& market) {
    if (parts_.let_go) parts_.let_go(market);
}

ExpiryDesk::Submitted
ExpiryDesk::submit(PlaceOrder const& order, MarketView const& view, bool uses_spot) {
    execution::RiskView risk;
    risk.now = view.now;
    risk.market = view.market;
    // The strategy has bounded the book's age by its own parameter: in a quiet market the book of a
    // healthy feed may be minutes old, which the limit meant for windows would refuse.
    risk.book_age = Nanos{0};
    risk.signal_age = Nanos{0};
    risk.spot_age = Nanos{0};
    if (uses_spot && order.asset) {
        auto const price = spot(*order.asset);
        risk.spot_age = price ? std::optional{view.now - price->at} : std::nullopt;
    }
    risk.clock_offset = parts_.clock_offset();
    return parts_.submit(order, risk);
}

void ExpiryDesk::decided(
    StrategyName const& strategy,
    Candidate const& candidate,
    EntryDecision const& decision,
    Reason answer
) {
    auto const claim = candidate.question.claim ? to_string(*candidate.question.claim)
                                                : std::string{to_string(candidate.question.defect)};
    parts_.check(parts_.journal.append(
        parts_.clock.utc_now(),
        "decision",
        fmt::format(
            "{} {} {} ask {} floor {} spot {} margin_ppm {} claim \"{}\" {}",
            strategy.text,
            candidate.market.slug,
            to_string(candidate.outcome),
            decision.ask ? to_string(*decision.ask) : "-",
            decision.floor ? to_string(*decision.floor) : "-",
            to_string(decision.spot),
            decision.margin_ppm ? fmt::format("{}", *decision.margin_ppm) : "-",
            claim,
            to_string(answer)
        )
    ));
}

void ExpiryDesk::stop_decided(
    StrategyName const& strategy, Market const& market, StopDecision const& decision, Reason answer
) {
    parts_.check(parts_.journal.append(
        parts_.clock.utc_now(),
        "decision",
        fmt::format(
            "{} {} stop {} bid {} {}",
            strategy.text,
            market.slug,
            to_string(decision.stop),
            decision.bid ? to_string(*decision.bid) : "-",
            to_string(answer)
        )
    ));
}

void ExpiryDesk::window_over(WindowEvaluated counts) {
    parts_.record(std::move(counts));
}

} // namespace polyquant::app
