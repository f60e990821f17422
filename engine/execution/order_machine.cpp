#include "engine/execution/order_machine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::execution {

namespace {

using Status = OrderReport::Status;

constexpr unsigned bit(TradeState state) {
    return 1U << static_cast<unsigned>(state);
}

// Each fill rounds its cost up by itself.
constexpr Usdc rounding_slack(std::size_t fills) {
    return Usdc::from_micros(static_cast<std::int64_t>(fills));
}

constexpr bool is_settled(TradeState state) {
    return state == TradeState::confirmed || state == TradeState::failed;
}

Reason reason_of(Fault fault) {
    return fault == Fault::breaker_open ? Reason::breaker_open : Reason::rejected_by_venue;
}

Reason reason_of(OrderReport const& report) {
    if (report.reason != Reason::order_sent) return report.reason;
    switch (report.status) {
    case Status::unmatched: return Reason::not_filled;
    case Status::cancelled: return Reason::cancelled;
    case Status::rejected: return Reason::rejected_by_venue;
    case Status::live:
    case Status::delayed:
    case Status::matched:
    case Status::not_found: return Reason::order_sent;
    }
    std::abort();
}

} // namespace

Usdc worst_cost(PlaceOrder const& intent, FeeSchedule const& fee, Shares size) {
    if (intent.side == Side::sell || size.micros() <= 0) return {};
    return cost_rounded_up(intent.limit, size) + taker_fee(fee, size, intent.limit, Rounding::up);
}

Usdc cost_of(TradeReport const& trade) {
    return trade.side == Side::buy ? cost_rounded_up(trade.price, trade.size)
                                   : cost_rounded_down(trade.price, trade.size);
}

OrderMachine::OrderMachine(OrderId id, PlaceOrder intent, FeeSchedule const& fee)
    : id_{id}, intent_{std::move(intent)}, fee_{fee},
      booked_{worst_cost(intent_, fee_, intent_.size)}, reserved_{booked_} {}

OrderPlaced OrderMachine::placed(std::string slug) const {
    return {id_, intent_, booked_, std::move(slug)};
}

OrderMachine::Effects OrderMachine::journaled() {
    journaled_ = true;
    Effects effects;
    settle(effects, Reason::order_sent, {});
    return effects;
}

OrderMachine::Effects OrderMachine::sent() {
    ENSURE(posts_ == 0 || may_post_again(), "an order is posted once, and once more when unknown");
    ++posts_;
    not_found_ = 0;
    Effects effects;
    settle(effects, Reason::order_sent, {});
    return effects;
}

OrderMachine::Effects OrderMachine::on_answer(Result<OrderAck> const& answer) {
    Effects effects;
    if (answer && answer->status == Status::rejected && posts_ > 1) {
        // As below: says nothing about the first post.
        doubt_ = true;
        settle(effects, Reason::timed_out, answer->text);
        return effects;
    }
    if (answer) {
        OrderReport report;
        report.order = id_;
        report.status = answer->status;
        report.text = answer->text;
        report.reason = answer->reason;
        merge(report, effects);
        settle(effects, reason_of(report), answer->text);
        return effects;
    }
    auto const& failure = answer.error();
    // A second post that is refused proves nothing about the first: "duplicated" even means that
    // the first arrived. Only a look-up can tell.
    if (outcome_unknown(failure.fault) || posts_ > 1) {
        doubt_ = true;
        settle(effects, Reason::timed_out, describe(failure));
    } else {
        if (!is_known()) final_ = Status::rejected;
        settle(effects, reason_of(failure.fault), describe(failure));
    }
    return effects;
}

OrderMachine::Effects OrderMachine::on(OrderReport const& report) {
    Effects effects;
    merge(report, effects);
    settle(effects, reason_of(report), report.text);
    return effects;
}

OrderMachine::Effects OrderMachine::on_look_up(Result<OrderReport> const& answer) {
    if (answer && answer->status != Status::not_found) return on(*answer);
    Effects effects;
    if (!answer) return effects;
    ++not_found_;
    if (is_known()) {
        if (is_over()) return effects;
        if (not_found_ == 1)
            effects.alarm = "the venue forgot order " + short_text(id_) + ", which it had accepted";
        // It lists active orders only, and its trades were read with each look-up: what is not
        // there any more, time and again, is over.
        if (not_found_ >= not_found_needed && !final_) {
            final_ = Status::cancelled;
            settle(effects, Reason::cancelled, "the venue does not list the order any more");
        }
        return effects;
    }
    if (not_found_ >= not_found_needed && !may_post_again()) {
        final_ = Status::rejected;
        settle(effects, Reason::timed_out, "the venue never knew the order");
    }
    return effects;
}

OrderMachine::Effects OrderMachine::on(TradeReport const& trade) {
    Effects effects;
    if (trade.order != id_ || trade.token != intent_.token || trade.side != intent_.side) {
        effects.alarm =
            fmt::format("trade {} does not belong to order {}", trade.trade.text, short_text(id_));
        return effects;
    }
    auto const [at, fresh] = trades_.try_emplace(trade.trade, Trade{trade, 0});
    auto& known = at->second;
    if (fresh) {
        known.report.state = TradeState::matched;
        known.seen = bit(TradeState::matched);
        ever_ += trade.size;
        if (trade.side == Side::buy) {
            spent_ += cost_of(trade) + trade.fee;
            paid_ += cost_of(trade);
        }
        reserved_ = derive_reserved();
        TradeMatched fact;
        fact.trade = known.report;
        fact.strategy = intent_.strategy;
        fact.market = intent_.market;
        fact.outcome = intent_.outcome;
        fact.cost = cost_of(trade);
        fact.reserved_left = reserved_;
        fact.fill_latency =
            std::chrono::duration_cast<Millis>(trade.matched_at - intent_.decided_at);
        fact.seen_price = intent_.seen_price;
        effects.facts.emplace_back(std::move(fact));
        // A market buy spends its money: at better prices it gets more shares than it named.
        auto const in_money = is_market_type() && trade.side == Side::buy;
        auto const most_money = cost_rounded_up(intent_.limit, intent_.size);
        if (in_money ? paid_ > most_money + rounding_slack(trades_.size()) : ever_ > intent_.size)
            effects.alarm = fmt::format(
                "order {} for {} was filled with {}",
                short_text(id_),
                to_string(intent_.size),
                to_string(ever_)
            );
    } else if (known.report.size != trade.size || known.report.price != trade.price) {
        effects.alarm = fmt::format("trade {} changed its size or price", trade.trade.text);
    }
    change_trade(known, trade.state, effects);
    settle(effects, Reason::order_sent, {});
    return effects;
}

void OrderMachine::change_trade(Trade& trade, TradeState to, Effects& effects) const {
    if ((trade.seen & bit(to)) != 0) return;
    trade.seen |= bit(to);
    auto const from = trade.report.state;
    if (is_settled(from)) {
        if (is_settled(to))
            effects.alarm =
                fmt::format("trade {} is both confirmed and failed", trade.report.trade.text);
        return;
    }
    trade.report.state = to;
    effects.facts.emplace_back(TradeChanged{trade.report.trade, id_, intent_.strategy, from, to});
}

void OrderMachine::merge(OrderReport const& report, Effects& effects) {
    expected_ = std::max(expected_, report.matched);
    switch (report.status) {
    case Status::live: live_ = true; break;
    case Status::delayed: delayed_ = true; break;
    case Status::matched: matched_ = true; break;
    case Status::unmatched:
    case Status::cancelled:
        if (!final_ || *final_ == Status::rejected) final_ = report.status;
        break;
    case Status::rejected:
        if (!final_ && !live_ && !matched_ && trades_.empty())
            final_ = Status::rejected;
        else if (final_ != Status::rejected)
            effects.alarm =
                "the venue rejected order " + short_text(id_) + " after it had worked it";
        break;
    case Status::not_found: break;
    }
}

bool OrderMachine::is_known() const {
    return live_ || delayed_ || matched_ || !trades_.empty() ||
           (final_ && *final_ != Status::rejected);
}

// No further trades are to come, as far as the venue has told us.
bool OrderMachine::is_filling_over() const {
    if (ever_ >= intent_.size) return true;
    auto const told_all = ever_ >= expected_;
    if (final_ && *final_ != Status::rejected) return told_all;
    if (final_ && trades_.empty() && !live_ && !matched_) return true;
    // A market order never rests: what "matched" counts is all there will be.
    return is_market_type() && matched_ && expected_.micros() > 0 && told_all;
}

OrderState OrderMachine::derive() const {
    auto const over = is_filling_over();
    if (trades_.empty()) {
        if (over) return *final_ == Status::rejected ? OrderState::rejected : OrderState::cancelled;
        if (final_ && *final_ != Status::rejected) return OrderState::matched;
        if (matched_ && (is_market_type() || expected_ >= intent_.size)) return OrderState::matched;
        if (live_ || matched_) return OrderState::live;
        if (delayed_) return OrderState::delayed;
        if (doubt_) return OrderState::unknown;
        if (posts_ > 0) return OrderState::sent;
        return journaled_ ? OrderState::journaled : OrderState::created;
    }
    if (!over) return is_market_type() ? OrderState::matched : OrderState::partially_filled;
    auto any_confirmed = false;
    for (auto const& [id, trade] : trades_) {
        if (!is_settled(trade.report.state)) return OrderState::matched;
        any_confirmed |= trade.report.state == TradeState::confirmed;
    }
    return any_confirmed ? OrderState::confirmed : OrderState::failed;
}

Usdc OrderMachine::derive_reserved() const {
    if (is_filling_over()) return {};
    auto const all_told = final_ || (is_market_type() && matched_ && expected_.micros() > 0);
    auto const to_come = (all_told ? std::min(expected_, intent_.size) : intent_.size) - ever_;
    auto const unspent = std::max(booked_ - spent_, Usdc{});
    return std::min(unspent, worst_cost(intent_, fee_, to_come));
}

void OrderMachine::settle(Effects& effects, Reason reason, std::string text) {
    auto const to = derive();
    auto const reserved = derive_reserved();
    if (to == state_ && reserved == reserved_) return;
    OrderChanged fact;
    fact.order = id_;
    fact.strategy = intent_.strategy;
    fact.from = state_;
    fact.to = to;
    fact.reason = reason;
    fact.reserved_left = reserved;
    fact.text = std::move(text);
    effects.facts.emplace_back(std::move(fact));
    state_ = to;
    reserved_ = reserved;
}

Shares OrderMachine::filled() const {
    Shares sum;
    for (auto const& [id, trade] : trades_)
        if (trade.report.state != TradeState::failed) sum += trade.report.size;
    return sum;
}

void OrderMachine::restore(FactBody const& fact) {
    if (auto const* matched = std::get_if<TradeMatched>(&fact)) {
        if (trades_
                .try_emplace(matched->trade.trade, Trade{matched->trade, bit(TradeState::matched)})
                .second) {
            ever_ += matched->trade.size;
            if (matched->trade.side == Side::buy) {
                spent_ += matched->cost + matched->trade.fee;
                paid_ += matched->cost;
            }
        }
        reserved_ = matched->reserved_left;
    } else if (auto const* changed = std::get_if<TradeChanged>(&fact)) {
        auto const at = trades_.find(changed->trade);
        ENSURE(at != trades_.end(), "a trade is matched before it changes");
        at->second.report.state = changed->to;
        at->second.seen |= bit(changed->to);
    } else if (auto const* order = std::get_if<OrderChanged>(&fact)) {
        journaled_ = true;
        switch (order->to) {
        case OrderState::created: journaled_ = false; break;
        case OrderState::journaled: break;
        case OrderState::sent: posts_ = std::max(posts_, 1); break;
        case OrderState::unknown:
            posts_ = std::max(posts_, 1);
            doubt_ = true;
            break;
        case OrderState::delayed: delayed_ = true; break;
        case OrderState::live:
        case OrderState::partially_filled: live_ = true; break;
        case OrderState::matched:
        case OrderState::confirmed:
        case OrderState::failed:
            matched_ = true;
            // Nothing reserved means that no more fills were awaited. Sells reserve nothing, so for
            // them only the final states say so; otherwise a look-up will.
            if (is_terminal(order->to) ||
                (order->reserved_left.is_zero() && intent_.side == Side::buy))
                final_ = Status::cancelled;
            break;
        case OrderState::cancelled: final_ = Status::cancelled; break;
        case OrderState::rejected: final_ = Status::rejected; break;
        }
        reserved_ = order->reserved_left;
        if (is_known()) posts_ = std::max(posts_, 1);
    }
    state_ = derive();
}

} // namespace polyquant::execution
