// Which fields a kind of fact has, by name: one list per kind serves writing and reading, so the
// two cannot drift apart. Private to this folder.
#pragma once

#include "engine/core/facts.hpp"

#include <concepts>
#include <type_traits>

namespace polyquant::ledger {

template <class T, class U>
concept Same = std::same_as<std::remove_const_t<T>, U>;

template <class Visit>
void fields(Visit& visit, Same<EpochOpened> auto& f) {
    visit("strategy", f.strategy);
    visit("kind", f.kind);
    visit("epoch", f.epoch);
    visit("parameters", f.parameters);
}

template <class Visit>
void fields(Visit& visit, Same<CapitalMoved> auto& f) {
    visit("strategy", f.strategy);
    visit("amount", f.amount);
    visit("note", f.note);
}

template <class Visit>
void fields(Visit& visit, Same<OrderPlaced> auto& f) {
    visit("order", f.order);
    visit("strategy", f.intent.strategy);
    visit("market", f.intent.market);
    visit("token", f.intent.token);
    visit("outcome", f.intent.outcome);
    visit("asset", f.intent.asset);
    visit("side", f.intent.side);
    visit("limit", f.intent.limit);
    visit("size", f.intent.size);
    visit("tif", f.intent.tif);
    visit("post_only", f.intent.post_only);
    visit("cancel_at", f.intent.cancel_at);
    visit("seen_price", f.intent.seen_price);
    visit("win_probability", f.intent.win_probability);
    visit("edge", f.intent.edge);
    visit("decided_at", f.intent.decided_at);
    visit("input_seq", f.intent.input_seq);
    visit("seen_spot", f.intent.seen_spot);
    visit("seen_strike", f.intent.seen_strike);
    visit("reserved", f.reserved);
    visit("slug", f.slug);
}

template <class Visit>
void fields(Visit& visit, Same<OrderChanged> auto& f) {
    visit("order", f.order);
    visit("strategy", f.strategy);
    visit("from", f.from);
    visit("to", f.to);
    visit("reason", f.reason);
    visit("reserved_left", f.reserved_left);
    visit("text", f.text);
}

template <class Visit>
void fields(Visit& visit, Same<TradeMatched> auto& f) {
    visit("trade", f.trade.trade);
    visit("order", f.trade.order);
    visit("token", f.trade.token);
    visit("side", f.trade.side);
    visit("price", f.trade.price);
    visit("size", f.trade.size);
    visit("fee", f.trade.fee);
    visit("maker", f.trade.maker);
    visit("state", f.trade.state);
    visit("matched_at", f.trade.matched_at);
    visit("strategy", f.strategy);
    visit("market", f.market);
    visit("outcome", f.outcome);
    visit("cost", f.cost);
    visit("reserved_left", f.reserved_left);
    visit("fill_latency", f.fill_latency);
    visit("seen_price", f.seen_price);
}

template <class Visit>
void fields(Visit& visit, Same<TradeChanged> auto& f) {
    visit("trade", f.trade);
    visit("order", f.order);
    visit("strategy", f.strategy);
    visit("from", f.from);
    visit("to", f.to);
}

template <class Visit>
void fields(Visit& visit, Same<WindowSettled> auto& f) {
    visit("market", f.market);
    visit("slug", f.slug);
    visit("asset", f.asset);
    visit("window_start", f.window.start);
    visit("window_length", f.window.length);
    visit("rule", f.rule);
    visit("strike", f.strike);
    visit("final", f.final_price);
    visit("source", f.source);
    visit("winner", f.winner);
}

template <class Visit>
void fields(Visit& visit, Same<PositionSettled> auto& f) {
    visit("strategy", f.strategy);
    visit("market", f.market);
    visit("token", f.token);
    visit("outcome", f.outcome);
    visit("size", f.size);
    visit("payout", f.payout);
    visit("cost", f.cost);
    visit("won", f.won);
}

template <class Visit>
void fields(Visit& visit, Same<WindowEvaluated> auto& f) {
    visit("strategy", f.strategy);
    visit("epoch", f.epoch);
    visit("asset", f.asset);
    visit("window_start", f.window.start);
    visit("window_length", f.window.length);
    visit("counts", f.counts);
    visit("last", f.last);
}

template <class Visit>
void fields(Visit& visit, Same<TradingStateChanged> auto& f) {
    visit("strategy", f.strategy);
    visit("halted", f.halted);
    visit("reason", f.reason);
    visit("text", f.text);
    visit.added_later("asset", f.asset);
}

template <class Visit>
void fields(Visit& visit, Same<WindowForecast> auto& f) {
    visit("market", f.market);
    visit("slug", f.slug);
    visit("asset", f.asset);
    visit("window_start", f.window.start);
    visit("window_length", f.window.length);
    visit("fee_rate", f.fee.rate_micros);
    visit("fee_exponent", f.fee.exponent);
    visit("model", f.model_version);
    visit("samples", f.samples);
}

template <class Visit>
void fields(Visit& visit, Same<BetJudged> auto& f) {
    visit("strategy", f.strategy);
    visit("epoch", f.epoch);
    visit("order", f.order);
    visit("asset", f.asset);
    visit("window_start", f.window.start);
    visit("window_length", f.window.length);
    visit("outcome", f.outcome);
    visit("promised", f.promised);
    visit("size", f.size);
    visit("cost", f.cost);
    visit("fee", f.fee);
    visit("won", f.won);
    visit("first_of_window", f.first_of_window);
    visit("first_of_asset", f.first_of_asset);
    visit("corrects", f.corrects);
}

template <class Visit>
void fields(Visit& visit, Same<CalibrationChanged> auto& f) {
    visit("strategy", f.strategy);
    visit("epoch", f.epoch);
    visit("asset", f.asset);
    visit("from", f.from);
    visit("to", f.to);
    visit("evidence", f.evidence);
    visit("bets", f.bets);
    visit("promised", f.promised);
    visit("won", f.won);
}

template <class Visit>
void fields(Visit& visit, Same<DailyVerdict> auto& f) {
    visit("asset", f.asset);
    visit("from", f.from);
    visit("to", f.to);
    visit("trade", f.trade);
    visit("by_trades", f.by_trades);
    visit("windows", f.windows);
    visit("bets", f.bets);
    visit("promised", f.promised);
    visit("edge", f.edge);
    visit("low", f.low);
    visit("high", f.high);
    visit("text", f.text);
}

template <class Visit>
void fields(Visit& visit, Same<OutcomeReported> auto& f) {
    visit("market", f.market);
    visit("slug", f.slug);
    visit("asset", f.asset);
    visit("window_start", f.window.start);
    visit("window_length", f.window.length);
    visit("source", f.source);
    visit("ruling", f.ruling);
    visit("text", f.text);
}

template <class Visit>
void fields(Visit& visit, Same<CaptureDiffered> auto& f) {
    visit("market", f.market);
    visit("slug", f.slug);
    visit("asset", f.asset);
    visit("window_start", f.window.start);
    visit("window_length", f.window.length);
    visit("strike", f.strike);
    visit("official_strike", f.official_strike);
    visit("final", f.final_price);
    visit("official_final", f.official_final);
    visit("other_winner", f.other_winner);
}

template <class Visit>
void fields(Visit& visit, Same<PayoutClaimed> auto& f) {
    visit("strategy", f.strategy);
    visit("market", f.market);
    visit("token", f.token);
    visit("outcome", f.outcome);
    visit("size", f.size);
    visit("amount", f.amount);
}

template <class Visit>
void fields(Visit& visit, Same<RedemptionChanged> auto& f) {
    visit("redemption", f.redemption);
    visit("market", f.market);
    visit("slug", f.slug);
    visit("state", f.state);
    visit("via", f.via);
    visit("transaction", f.transaction);
    visit("nonce", f.nonce);
    visit("amount", f.amount);
    visit("block", f.block);
    visit("gas_wei", f.gas_wei);
    visit("text", f.text);
}

template <class Visit>
void fields(Visit& visit, Same<PayoutCollected> auto& f) {
    visit("redemption", f.redemption);
    visit("strategy", f.strategy);
    visit("market", f.market);
    visit("token", f.token);
    visit("amount", f.amount);
}

template <class Visit>
void fields(Visit& visit, Same<WalletMoved> auto& f) {
    visit("cause", f.cause);
    visit("amount", f.amount);
    visit("reference", f.reference);
    visit("text", f.text);
}

} // namespace polyquant::ledger
