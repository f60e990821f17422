#include "strategies/expiry/entry.hpp"

#include <algorithm>
#include <cmath>

namespace polyquant::strategies::expiry {

namespace {

constexpr Usdc least_marketable = usd(1);
// A return equal to the minimum on paper may fall short of it by the last bit of a double.
constexpr double return_rounding = 1e-12;

enum class Rung : std::uint8_t { near, middle, far };

Rung rung_of(ExpiryParams const& p, Nanos left) {
    if (left < p.ladder_near) return Rung::near;
    return left < p.ladder_middle ? Rung::middle : Rung::far;
}

Price base_floor(ExpiryParams const& p, Rung rung) {
    if (!p.time_ladder) return p.ask_min;
    switch (rung) {
    case Rung::near: return p.ladder_near_ask;
    case Rung::middle: return p.ladder_middle_ask;
    case Rung::far: return p.ladder_far_ask;
    }
    std::abort();
}

std::int64_t margin_needed_ppm(ExpiryParams const& p, Rung rung) {
    auto const share = rung == Rung::near     ? p.confirm_near
                       : rung == Rung::middle ? p.confirm_middle
                                              : p.confirm_far;
    return std::llround(share * 1e6);
}

void confirm(ExpiryParams const& p, EntryInput const& input, Rung rung, EntryDecision& decision) {
    auto const& candidate = input.candidate;
    decision.spot = SpotVerdict::unverifiable;
    if (!candidate.question.claim || !candidate.end_agrees) return;
    if (!input.spot || input.now - input.spot->at > p.spot_age_max) return;
    decision.margin_ppm =
        margin_ppm(*candidate.question.claim, input.spot->price, candidate.outcome, input.strike);
    if (!decision.margin_ppm) return;
    if (*decision.margin_ppm < 0)
        decision.spot = SpotVerdict::contradicted;
    else if (*decision.margin_ppm < margin_needed_ppm(p, rung))
        decision.spot = SpotVerdict::too_close;
    else
        decision.spot = SpotVerdict::confirmed;
}

// The least ask, given how sure we may be of the outcome.
Reason check_floor(ExpiryParams const& p, EntryInput const& input, EntryDecision& decision) {
    auto const rung = rung_of(p, input.candidate.market.window.end() - input.now);
    auto const base = base_floor(p, rung);
    auto floor = base;
    if (p.confirmation != Confirmation::off) {
        confirm(p, input, rung, decision);
        if (decision.spot == SpotVerdict::contradicted) return Reason::spot_contradicts;
        if (p.confirmation == Confirmation::required && decision.spot != SpotVerdict::confirmed)
            return Reason::unconfirmed;
        if (decision.spot == SpotVerdict::confirmed) floor = std::min(base, p.confirmed_ask);
        if (decision.spot == SpotVerdict::unverifiable) floor = std::max(base, p.unverified_ask);
    }
    decision.floor = floor;
    if (*decision.ask >= floor) return Reason::order_sent;
    return *decision.ask >= base ? Reason::ask_below_unverified_floor : Reason::ask_below_range;
}

Reason check_book(BookView const* book, UtcTime now, Seconds age_max) {
    if (book == nullptr || book->state() == BookState::empty) return Reason::book_missing;
    if (!book->is_live()) return Reason::book_quarantined;
    if (now - book->updated_at() > age_max) return Reason::book_stale;
    return Reason::order_sent;
}

Reason check_spread(ExpiryParams const& p, BookView const& book, Price ask) {
    // Nobody bids: the whole price is spread.
    auto const bid = book.depth(BookSide::bid) > 0 ? book.level(BookSide::bid, 0).price : Price{};
    auto const spread = ask - bid;
    auto const passes = p.spread_tiers ? spread <= p.spread_narrow ||
                                             (spread <= p.spread_wide && ask >= p.spread_wide_ask)
                                       : spread <= p.spread_max;
    return passes ? Reason::order_sent : Reason::spread_too_wide;
}

Usdc money_within(BookView const& book, Price limit) {
    Usdc money;
    for (std::size_t n = 0; n < book.depth(BookSide::ask); ++n) {
        auto const level = book.level(BookSide::ask, n);
        if (level.price > limit) break;
        money += cost_rounded_down(level.price, level.size);
    }
    return money;
}

// The worst level that a buy of `size` needs; empty when `most` does not reach that far.
std::optional<Price> price_for(BookView const& book, Shares size, Price most) {
    Shares seen;
    for (std::size_t n = 0; n < book.depth(BookSide::ask); ++n) {
        auto const level = book.level(BookSide::ask, n);
        if (level.price > most) break;
        seen += level.size;
        if (seen >= size) return level.price;
    }
    return std::nullopt;
}

double return_of_win(FeeSchedule const& fee, Price price) {
    auto const cost = break_even_probability(fee, price);
    return (1 - cost) / cost;
}

Reason check_token(TokenStatus status) {
    switch (status) {
    case TokenStatus::fresh: return Reason::order_sent;
    case TokenStatus::paused: return Reason::not_filled;
    case TokenStatus::pending: return Reason::order_pending;
    case TokenStatus::done: return Reason::already_traded;
    }
    std::abort();
}

Reason check_standing(ExpiryParams const& p, EntryInput const& input) {
    if (!input.enabled) return Reason::strategy_off;
    auto const left = input.candidate.market.window.end() - input.now;
    if (left <= Nanos{}) return Reason::end_passed;
    if (left <= p.margin) return Reason::outside_zone;
    if (input.now - input.candidate.listed_at > p.listing_age_max) return Reason::listing_stale;
    if (auto const reason = check_token(input.token); reason != Reason::order_sent) return reason;
    if (input.held_elsewhere) return Reason::held_elsewhere;
    if (p.one_per_event && input.event_held) return Reason::event_held;
    return check_book(input.book, input.now, p.book_age_max);
}

Reason check_limits(ExpiryParams const& p, EntryInput const& input) {
    if (input.balance_halted) return Reason::balance_halt;
    if (input.pending >= static_cast<std::size_t>(p.positions_max)) return Reason::positions_full;
    if (input.trades_today >= p.trades_per_day_max) return Reason::day_limit;
    return Reason::order_sent;
}

struct Size {
    Reason reason = Reason::order_sent;
    Price limit;
    Shares shares;
};

// First how much the best ask buys, then what that much needs to pay, then how much that buys.
Size size_of(ExpiryParams const& p, EntryInput const& input, Price ask) {
    auto const& market = input.candidate.market;
    auto const money = stake(p, {input.bankroll, ask, 0, 0});
    Size size{Reason::order_sent, ask, shares_affordable(money, ask, shares(1))};
    if (size.shares.is_zero()) return {Reason::size_zero, ask, {}};
    auto const most = std::min(ask + p.depth_within, p.ask_max);
    auto const limit = price_for(*input.book, size.shares, most);
    if (!limit) return {Reason::not_enough_depth, ask, {}};
    size.limit = round_to_tick(*limit, market.tick, Side::buy);
    size.shares = shares_affordable(money, size.limit, shares(1));
    if (return_of_win(market.fee, size.limit) + return_rounding < std::max(p.return_min, 0.0))
        return {Reason::return_too_small, size.limit, {}};
    return size;
}

Reason check_money(EntryInput const& input, Size const& size) {
    if (size.shares.is_zero()) return Reason::size_zero;
    if (cost_rounded_down(size.limit, size.shares) < least_marketable) return Reason::below_minimum;
    auto const fee = taker_fee(input.candidate.market.fee, size.shares, size.limit, Rounding::up);
    if (cost_rounded_up(size.limit, size.shares) + fee > input.bankroll)
        return Reason::bankroll_short;
    return Reason::order_sent;
}

PlaceOrder
order_for(StrategyName const& name, EntryInput const& input, Size const& size, Price ask) {
    auto const& candidate = input.candidate;
    PlaceOrder order;
    order.strategy = name;
    order.market = candidate.market.condition;
    order.token = candidate.token();
    order.outcome = candidate.outcome;
    // Money on a question about a coin counts towards that coin's exposure.
    order.asset = candidate.market.asset;
    if (!order.asset && candidate.question.claim) order.asset = candidate.question.claim->asset;
    order.side = Side::buy;
    order.limit = size.limit;
    order.size = size.shares;
    order.tif = TimeInForce::fok;
    order.seen_price = ask;
    order.decided_at = input.now;
    if (input.spot) order.seen_spot = input.spot->price;
    if (candidate.question.claim)
        order.seen_strike = input.strike.value_or(candidate.question.claim->low);
    return order;
}

} // namespace

std::string_view to_string(SpotVerdict verdict) {
    switch (verdict) {
    case SpotVerdict::not_asked: return "not_asked";
    case SpotVerdict::confirmed: return "confirmed";
    case SpotVerdict::too_close: return "too_close";
    case SpotVerdict::contradicted: return "contradicted";
    case SpotVerdict::unverifiable: return "unverifiable";
    }
    std::abort();
}

EntryDecision
decide_entry(ExpiryParams const& p, StrategyName const& name, EntryInput const& input) {
    EntryDecision decision;
    auto const refuse = [&](Reason reason) {
        decision.reason = reason;
        return decision;
    };
    if (auto const reason = check_standing(p, input); reason != Reason::order_sent)
        return refuse(reason);
    auto const& book = *input.book;
    if (book.depth(BookSide::ask) == 0) return refuse(Reason::no_ask);
    auto const ask = book.level(BookSide::ask, 0).price;
    decision.ask = ask;
    if (ask > p.ask_max) return refuse(Reason::ask_above_range);
    if (auto const reason = check_floor(p, input, decision); reason != Reason::order_sent)
        return refuse(reason);
    if (auto const reason = check_spread(p, book, ask); reason != Reason::order_sent)
        return refuse(reason);
    if (money_within(book, ask + p.depth_within) < p.depth_min)
        return refuse(Reason::not_enough_depth);
    if (return_of_win(input.candidate.market.fee, ask) + return_rounding < p.return_min)
        return refuse(Reason::return_too_small);
    if (auto const reason = check_limits(p, input); reason != Reason::order_sent)
        return refuse(reason);
    auto const size = size_of(p, input, ask);
    if (size.reason != Reason::order_sent) return refuse(size.reason);
    if (auto const reason = check_money(input, size); reason != Reason::order_sent)
        return refuse(reason);
    decision.order = order_for(name, input, size, ask);
    return decision;
}

StopDecision decide_stop(ExpiryParams const& p, StrategyName const& name, StopInput const& input) {
    StopDecision decision;
    auto const refuse = [&](Reason reason) {
        decision.reason = reason;
        return decision;
    };
    if (!input.enabled || !p.stop_loss || input.exposure.micros() <= 0)
        return refuse(Reason::strategy_off);
    if (input.now >= input.market.window.end()) return refuse(Reason::end_passed);
    if (auto const reason = check_book(input.book, input.now, p.book_age_max);
        reason != Reason::order_sent)
        return refuse(reason);
    // Entry per share, then the part of it that may be lost: both in micros, rounded down.
    auto const entry = static_cast<std::int64_t>(
        static_cast<__int128>(input.cost.micros()) * Shares::scale / input.exposure.micros()
    );
    auto const kept = 1'000'000 - std::llround(p.stop_fraction * 1e6);
    decision.stop = Price::from_micros(
        static_cast<std::int64_t>(static_cast<__int128>(entry) * kept / 1'000'000)
    );
    if (input.book->depth(BookSide::bid) == 0) return refuse(Reason::no_ask);
    decision.bid = input.book->level(BookSide::bid, 0).price;
    if (*decision.bid > decision.stop) return refuse(Reason::stop_not_reached);
    if (input.sellable.micros() <= 0) return refuse(Reason::nothing_to_sell);
    if (cost_rounded_down(*decision.bid, input.sellable) < least_marketable)
        return refuse(Reason::below_minimum);
    PlaceOrder order;
    order.strategy = name;
    order.market = input.market.condition;
    order.token = input.market.token(input.outcome);
    order.outcome = input.outcome;
    order.asset = input.market.asset;
    order.side = Side::sell;
    order.limit = *decision.bid;
    order.size = input.sellable;
    order.tif = TimeInForce::fak;
    order.seen_price = *decision.bid;
    order.decided_at = input.now;
    decision.order = std::move(order);
    return decision;
}

} // namespace polyquant::strategies::expiry
