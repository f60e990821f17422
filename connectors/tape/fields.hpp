// The fields of each kind in the order they are written: one list serves both directions, so that
// encoder and decoder cannot disagree. `fields` is an encoder or decoder of single values.
#pragma once

#include "connectors/tape/record.hpp"

#include <concepts>
#include <optional>
#include <type_traits>

namespace polyquant::tape {

template <class E, class T>
concept MaybeConst = std::same_as<std::remove_const_t<E>, T>;

template <class F, MaybeConst<Market> M>
void transfer_market(F& fields, M& m) {
    fields.id(m.condition.bytes);
    fields.text(m.slug);
    fields.text(m.question);
    fields.optional_choice(m.asset, asset_count);
    fields.time(m.window.start);
    fields.duration(m.window.length);
    fields.id(m.up.bytes);
    fields.id(m.down.bytes);
    fields.choice(m.rule.kind, 2);
    fields.duration(m.rule.twap_length);
    fields.integer(m.fee.rate_micros);
    fields.integer(m.fee.exponent);
    fields.price(m.tick);
    fields.size(m.min_size);
    fields.duration(m.taker_delay);
    fields.choice(m.version, 2);
    fields.flag(m.neg_risk);
}

// A price that may be missing: a flag, then the price where there is one.
template <class F, MaybeConst<std::optional<Price>> P>
void optional_price(F& fields, P& price) {
    bool present = price.has_value();
    fields.flag(present);
    auto value = price.value_or(Price{});
    if (present) fields.price(value);
    if constexpr (!std::is_const_v<P>) price = present ? std::optional{value} : std::nullopt;
}

template <class F, MaybeConst<MarketListed> E>
void transfer(F& fields, E& e) {
    transfer_market(fields, e.market);
}

template <class F, MaybeConst<BookSnapshot> E>
void transfer(F& fields, E& e) {
    fields.id(e.token.bytes);
    fields.levels(e.bids);
    fields.levels(e.asks);
}

template <class F, MaybeConst<TickSizeChanged> E>
void transfer(F& fields, E& e) {
    fields.id(e.token.bytes);
    fields.price(e.old_tick);
    fields.price(e.new_tick);
}

template <class F, MaybeConst<PublicTrade> E>
void transfer(F& fields, E& e) {
    fields.id(e.token.bytes);
    fields.choice(e.taker_side, 2);
    fields.price(e.price);
    fields.size(e.size);
}

template <class F, MaybeConst<BarUpdate> E>
void transfer(F& fields, E& e) {
    fields.choice(e.asset, asset_count);
    fields.flag(e.closed);
    fields.time(e.bar.open_time);
    fields.duration(e.bar.length);
    fields.candle(e.asset, e.bar);
    fields.real(e.bar.volume);
    fields.real(e.bar.trades);
    fields.real(e.bar.taker_buy_base);
}

template <class F, MaybeConst<PriceTick> E>
void transfer(F& fields, E& e) {
    fields.choice(e.asset, asset_count);
    fields.choice(e.source, 6);
    fields.duration(e.twap_length);
    fields.coin_price(e.asset, e.price);
}

template <class F, MaybeConst<MarketResolved> E>
void transfer(F& fields, E& e) {
    fields.id(e.market.bytes);
    fields.optional_choice(e.winner, 2);
    fields.choice(e.source, 6);
}

template <class F, MaybeConst<FeedState> E>
void transfer(F& fields, E& e) {
    fields.word(e.feed);
    fields.word(e.topic);
    fields.flag(e.healthy);
    fields.text(e.reason);
}

template <class F, MaybeConst<BreakerChanged> E>
void transfer(F& fields, E& e) {
    fields.word(e.endpoint_group);
    fields.choice(e.state, 3);
}

template <class F, MaybeConst<OwnOrderReport> E>
void transfer(F& fields, E& e) {
    auto& r = e.report;
    fields.id(r.order.bytes);
    fields.choice(r.status, 7);
    fields.size(r.matched);
    fields.choice(r.reason, reason_count);
    fields.text(r.text);
}

template <class F, MaybeConst<OwnTradeReport> E>
void transfer(F& fields, E& e) {
    auto& r = e.report;
    fields.text(r.trade.text);
    fields.id(r.order.bytes);
    fields.id(r.token.bytes);
    fields.choice(r.side, 2);
    fields.price(r.price);
    fields.size(r.size);
    fields.size(r.fee);
    fields.flag(r.maker);
    fields.choice(r.state, 5);
    fields.time(r.matched_at);
}

template <class F, MaybeConst<MarketScanned> E>
void transfer(F& fields, E& e) {
    auto& l = e.listing;
    transfer_market(fields, l.market);
    fields.choice(l.defect, 4);
    fields.text(l.refusal);
    optional_price(fields, l.up_price);
    optional_price(fields, l.down_price);
    fields.size(l.liquidity);
    fields.flag(l.active);
    fields.flag(l.closed);
    fields.flag(l.accepts_orders);
    fields.flag(l.tokens_checked);
    fields.text(l.tags);
    fields.text(l.event);
}

template <class F, MaybeConst<RawFrame> E>
void transfer(F& fields, E& e) {
    fields.word(e.feed);
    fields.word(e.topic);
    fields.text(e.bytes);
}

} // namespace polyquant::tape
