// The engine as others see it: a copy of values for console, metrics and dashboard.

#include "engine/app/engine.hpp"

#include <algorithm>
#include <tuple>

namespace polyquant::app {

namespace {

std::optional<double> edge_of(double win, Quote const& quote, FeeSchedule const& fee) {
    if (!quote.ask) return std::nullopt;
    return win - break_even_probability(fee, quote.ask->price);
}

std::optional<Nanos> newest_age(MarketView const& view) {
    std::optional<Nanos> age;
    for (auto const* book : {&view.up, &view.down})
        if (*book && (*book)->state() != BookState::empty)
            age = std::min(age.value_or(Nanos::max()), view.now - (*book)->updated_at());
    return age;
}

void show_quotes(observe::AssetStatus& status, MarketView const& view) {
    if (view.up && view.up->is_live()) status.up_quote = view.up->quote();
    if (view.down && view.down->is_live()) status.down_quote = view.down->quote();
    if (!status.up) return;
    status.up_edge = edge_of(*status.up, status.up_quote, view.market->fee);
    status.down_edge = edge_of(1 - *status.up, status.down_quote, view.market->fee);
}

} // namespace

observe::StatusSnapshot Engine::status(std::string mode) const {
    observe::StatusSnapshot status;
    status.mode = std::move(mode);
    status.now = parts_.clock.utc_now();
    status.trading_halted = failed_ || portfolio_.halted();
    status.halt_text = portfolio_.halted() ? portfolio_.halt_text() : "see the message above";
    status.events = digest_.events();
    auto const& counts = board_.counts();
    status.quarantines = counts.books_crossed + counts.books_impossible + counts.feed_quarantines;
    for (auto const& [name, account] : portfolio_.strategies())
        status.redeemable += account.redeemable;
    status.redeeming = portfolio_.open_redemptions().size();
    if (payouts_are_claims_) status.unresolved = outcomes_.unresolved(status.now).size();
    status.disputed = outcomes_.disputed().size();
    for (auto asset : config_.run.assets)
        status.assets.push_back(asset_status(asset, status.now));
    for (auto const& slot : strategies_)
        status.strategies.push_back(strategy_status(*slot.actor));
    for (auto const& desk : expiries_)
        status.strategies.push_back(strategy_status(desk->actor()));
    using execution::EndpointGroup;
    for (auto group : {EndpointGroup::post, EndpointGroup::cancel, EndpointGroup::look_up})
        status.breakers.push_back({std::string{to_string(group)}, execution_.breaker(group)});
    for (auto const& [group, state] : breakers_)
        if (!group.starts_with("orders.")) status.breakers.push_back({group, state});
    return status;
}

observe::AssetStatus Engine::asset_status(Asset asset, UtcTime now) const {
    observe::AssetStatus status;
    auto const view = board_.view(asset, window_at(now), now);
    status.asset = asset;
    status.window = view.window;
    status.has_market = view.market != nullptr;
    status.strike = view.strike;
    status.strike_disputed = view.strike_disputed;
    status.current_is_average = view.average.has_value();
    status.current = view.average ? view.average : view.spot;
    if (view.spot) status.price_age = now - view.spot->at;
    if (auto const* signal = this->signal(asset)) {
        if (signal->usable && signal->window == view.window) status.up = signal->up;
        if (auto const band = window_signals_.band(asset); status.up && band) {
            auto const shown = [&](double p) {
                return anchor_ ? anchor_->blended(*signal, p) : p;
            };
            std::tie(status.up_low, status.up_high) =
                std::minmax({shown(band->low), *status.up, shown(band->high)});
        }
        if (status.up && signal->quotes == models::QuoteUse::blended)
            status.signal_note = "blended";
        else if (status.up && signal->quotes != models::QuoteUse::off)
            status.signal_note = fmt::format("own, {}", to_string(signal->quotes));
        else if (status.up && window_signals_.lacks_outside(asset))
            status.signal_note = "outside stale";
        else if (!status.up)
            status.signal_note = signal->usable ? "stale" : signal->why;
    }
    status.verdict = record_.newest_verdict(asset);
    status.halted = portfolio_.halt_of(asset);
    if (view.market != nullptr) show_quotes(status, view);
    status.book_age = newest_age(view);
    for (auto const& [name, account] : portfolio_.strategies()) {
        auto const& fills = account.epoch.fills[index_of(asset)];
        status.orders_sent += fills.sent;
        status.orders_filled += fills.filled;
    }
    return status;
}

observe::StrategyStatus Engine::strategy_status(strategies::StrategyActor const& actor) const {
    observe::StrategyStatus status;
    auto const& strategy = actor.strategy();
    status.name = strategy.name().text;
    status.enabled = strategy.enabled();
    status.last_reason = actor.last_reason();
    if (auto const& look = actor.last_look()) {
        status.last_look = look->reason;
        status.last_look_asset = look->asset;
    }
    status.reasons = actor.reasons();
    auto const& watch = record_.calibration();
    auto const all = watch.view(strategy.name());
    status.calibration = {all.state, all.evidence, all.bets, all.promised, all.won, {}};
    for (auto const asset : config_.run.assets) {
        auto const state = watch.view(strategy.name(), asset).state;
        if (state == CalibrationState::trusted) continue;
        status.calibration.coins.emplace_back(asset, state);
        status.calibration.state = std::max(status.calibration.state, state);
    }
    add_account(status, strategy.name());
    return status;
}

observe::StrategyStatus Engine::strategy_status(strategies::expiry::ExpiryActor const& actor
) const {
    observe::StrategyStatus status;
    auto const& strategy = actor.strategy();
    status.name = strategy.name().text;
    status.enabled = strategy.enabled();
    status.last_reason = actor.last_reason();
    status.reasons = actor.reasons();
    add_account(status, strategy.name());
    return status;
}

void Engine::add_account(observe::StrategyStatus& status, StrategyName const& name) const {
    auto const* account = portfolio_.find(name);
    if (account == nullptr) return;
    auto const fills = account->epoch.total();
    status.halted = account->halted;
    if (account->halted) status.last_reason = account->halt_reason;
    status.bankroll = account->bankroll();
    status.pnl = account->epoch.realised;
    status.wins = account->epoch.wins;
    status.losses = account->epoch.losses;
    status.trades = fills.filled;
    status.pending = account->open_orders() + account->positions.size();
    status.orders_sent = fills.sent;
    status.orders_filled = fills.filled;
}

} // namespace polyquant::app
