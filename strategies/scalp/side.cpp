#include "strategies/scalp/side.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace polyquant::strategies {

namespace {

constexpr Usdc least_marketable = usd(1);
// An edge that is equal to the minimum on paper may fall short of it by the last bit of a double.
constexpr double edge_rounding = 1e-9;
// A signal may move by this much before it is used.
constexpr double edge_slack = 0.10;
// Prices around the present ask; on a grid of cents that is the whole range.
constexpr std::int64_t ticks_around = 25;

Reason check_signal(ScalpParams const& p, StrategyInput const& input) {
    auto const* const signal = input.signal;
    auto const& view = input.view;
    if (signal == nullptr) return Reason::no_signal;
    if (signal->asset != view.asset || signal->window != view.window) return Reason::signal_stale;
    if (!signal->usable || !(signal->up >= 0 && signal->up <= 1)) return Reason::no_signal;
    // A signal from the future would be a leak of it, not a fresh signal.
    if (signal->as_of > view.now || view.now - signal->as_of > p.signal_age_max)
        return Reason::signal_stale;
    return Reason::order_sent;
}

Reason check_traded(ScalpParams const& p, SideState const& state, UtcTime now) {
    if (state.pending) return Reason::order_pending;
    if (state.filled || state.orders_sent >= p.attempts_max) return Reason::already_traded;
    if (state.orders_sent > 0 && now - state.last_order_at < p.retry_pause)
        return Reason::not_filled;
    return Reason::order_sent;
}

Reason check_book(ScalpParams const& p, std::optional<BookView> const& book, UtcTime now) {
    if (!book || book->state() == BookState::empty) return Reason::book_missing;
    if (!book->is_live()) return Reason::book_quarantined;
    if (now - book->updated_at() > p.book_age_max) return Reason::book_stale;
    return Reason::order_sent;
}

Price limit_for(ScalpParams const& p, Price ask, Price tick) {
    auto limit = ask;
    if (p.limit_grid == LimitGrid::cent) {
        constexpr auto cent = cents(1).micros();
        limit = std::min(cents((ask.micros() + cent / 2) / cent), p.ask_max);
    }
    return round_to_tick(limit, tick, Side::buy);
}

Reason check_size(
    ScalpParams const& p,
    StrategyInput const& input,
    BookView const& book,
    double fee_counted,
    SideOffer& offer
) {
    auto const& market = *input.view.market;
    auto const money =
        stake(p, StakeInput{input.bankroll, offer.limit, fee_counted, offer.audit.win_probability});
    offer.size = shares_affordable(money, offer.limit, shares(1));
    if (offer.size.is_zero()) return Reason::size_zero;
    if (cost_rounded_down(offer.limit, offer.size) < least_marketable) return Reason::below_minimum;
    auto const fee = taker_fee(market.fee, offer.size, offer.limit, Rounding::up);
    if (cost_rounded_up(offer.limit, offer.size) + fee > input.bankroll)
        return Reason::bankroll_short;
    if (p.depth_check && book.size_within(BookSide::ask, offer.limit) < offer.size)
        return Reason::not_enough_depth;
    return Reason::order_sent;
}

int nearness(Reason reason) {
    switch (reason) {
    case Reason::order_sent: return 11;
    case Reason::not_enough_depth: return 10;
    case Reason::bankroll_short: return 9;
    case Reason::below_minimum: return 8;
    case Reason::size_zero: return 7;
    case Reason::edge_too_small: return 6;
    case Reason::already_traded:
    case Reason::not_filled:
    case Reason::order_pending: return 5;
    case Reason::ask_below_range:
    case Reason::ask_above_range: return 4;
    case Reason::no_ask: return 3;
    case Reason::book_stale: return 2;
    case Reason::book_quarantined: return 1;
    default: return 0;
    }
}

// Larger is nearer, between two sides with the same nearness.
double closeness(ScalpParams const& p, SideAudit const& audit) {
    switch (audit.reason) {
    case Reason::ask_below_range: return to_double(*audit.ask - p.ask_min);
    case Reason::ask_above_range: return to_double(p.ask_max - *audit.ask);
    case Reason::already_traded:
    case Reason::not_filled:
    case Reason::order_pending: return 0;
    default: return audit.edge;
    }
}

} // namespace

Reason check_window(WindowRules const& rules, StrategyInput const& input) {
    auto const& view = input.view;
    if (!rules.enabled || !view.asset) return Reason::strategy_off;
    if (std::find(rules.assets.begin(), rules.assets.end(), *view.asset) == rules.assets.end())
        return Reason::strategy_off;
    if (view.market == nullptr || view.market->tick <= Price{}) return Reason::no_market;
    auto const left = view.to_close();
    if (left > rules.lead || left <= rules.params.margin) return Reason::outside_zone;
    if (view.strike_disputed) return Reason::strike_disputed;
    if (auto const reason = check_signal(rules.params, input); reason != Reason::order_sent)
        return reason;
    if (!view.spot || view.now - view.spot->at > rules.params.spot_age_max)
        return Reason::spot_stale;
    return Reason::order_sent;
}

SideOffer check_side(
    ScalpParams const& p, StrategyInput const& input, SideState const& state, Outcome outcome
) {
    auto const& view = input.view;
    auto const& book = view.book(outcome);
    SideOffer offer;
    auto& audit = offer.audit;
    audit.evaluated = true;
    audit.win_probability = outcome == Outcome::up ? input.signal->up : 1 - input.signal->up;
    auto const refuse = [&](Reason reason) {
        audit.reason = reason;
        return offer;
    };

    auto const book_reason = check_book(p, book, view.now);
    double fee_counted = 0;
    if (book_reason == Reason::order_sent && book->depth(BookSide::ask) > 0) {
        audit.ask = book->level(BookSide::ask, 0).price;
        if (p.count_fee) fee_counted = fee_per_share(view.market->fee, *audit.ask);
        audit.edge = audit.win_probability - to_double(*audit.ask) - fee_counted;
    }

    if (auto const reason = check_traded(p, state, view.now); reason != Reason::order_sent)
        return refuse(reason);
    if (book_reason != Reason::order_sent) return refuse(book_reason);
    if (!audit.ask) return refuse(Reason::no_ask);
    if (*audit.ask < p.ask_min) return refuse(Reason::ask_below_range);
    if (*audit.ask > p.ask_max) return refuse(Reason::ask_above_range);
    if (audit.edge + edge_rounding < p.min_edge) return refuse(Reason::edge_too_small);
    offer.limit = limit_for(p, *audit.ask, view.market->tick);
    return refuse(check_size(p, input, *book, fee_counted, offer));
}

Decision
buy(StrategyName const& strategy,
    StrategyInput const& input,
    Outcome outcome,
    SideOffer const& offer,
    Decision so_far) {
    auto const& view = input.view;
    PlaceOrder order;
    order.strategy = strategy;
    order.market = view.market->condition;
    order.token = view.market->token(outcome);
    order.outcome = outcome;
    order.asset = view.asset;
    order.side = Side::buy;
    order.limit = offer.limit;
    order.size = offer.size;
    order.tif = TimeInForce::fok;
    order.seen_price = *offer.audit.ask;
    order.win_probability = offer.audit.win_probability;
    order.edge = offer.audit.edge;
    order.decided_at = view.now;
    order.input_seq = input.input_seq;
    if (view.spot) order.seen_spot = view.spot->price;
    if (view.strike) order.seen_strike = view.strike->price;
    so_far.reason = Reason::order_sent;
    so_far.side = outcome;
    so_far.intents.emplace_back(std::move(order));
    return so_far;
}

Outcome nearer_side(ScalpParams const& params, Decision const& decision) {
    auto const& up = decision[Outcome::up];
    auto const& down = decision[Outcome::down];
    auto const up_near = nearness(up.reason);
    auto const down_near = nearness(down.reason);
    if (up_near != down_near) return up_near > down_near ? Outcome::up : Outcome::down;
    return closeness(params, down) > closeness(params, up) ? Outcome::down : Outcome::up;
}

std::vector<PlaceOrder>
likely_orders(StrategyName const& strategy, ScalpParams const& p, StrategyInput const& input) {
    std::vector<PlaceOrder> orders;
    auto const& view = input.view;
    if (view.market == nullptr || view.market->tick <= Price{} || input.signal == nullptr)
        return orders;
    if (!input.signal->usable || input.signal->window != view.window) return orders;
    auto const tick = view.market->tick;
    for (auto const outcome : {Outcome::up, Outcome::down}) {
        auto const& book = view.book(outcome);
        if (!book || !book->is_live() || book->depth(BookSide::ask) == 0) continue;
        auto const ask = book->level(BookSide::ask, 0).price;
        auto const reach = Price::from_micros(tick.micros() * ticks_around);
        SideOffer offer;
        offer.audit.win_probability =
            outcome == Outcome::up ? input.signal->up : 1 - input.signal->up;
        auto const first = round_to_tick(std::max(p.ask_min, ask - reach), tick, Side::sell);
        for (auto price = first; price <= std::min(p.ask_max, ask + reach); price = price + tick) {
            auto const fee = p.count_fee ? fee_per_share(view.market->fee, price) : 0;
            offer.audit.ask = price;
            offer.audit.edge = offer.audit.win_probability - to_double(price) - fee;
            if (offer.audit.edge + edge_slack < p.min_edge) break; // dearer ones have less
            offer.limit = limit_for(p, price, tick);
            auto const money =
                stake(p, {input.bankroll, offer.limit, fee, offer.audit.win_probability});
            offer.size = shares_affordable(money, offer.limit, shares(1));
            if (cost_rounded_down(offer.limit, offer.size) < least_marketable) continue;
            auto decision = buy(strategy, input, outcome, offer, {});
            orders.push_back(std::get<PlaceOrder>(std::move(decision.intents.front())));
        }
    }
    return orders;
}

} // namespace polyquant::strategies
