#include "connectors/simulated/matching_core.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::simulated {

namespace {

constexpr Shares limit_size_step = Shares::from_micros(10'000); // 0.01 share
constexpr Shares market_buy_step = Shares::from_micros(100);    // 0.0001 share

bool is_market_type(TimeInForce tif) {
    return tif == TimeInForce::fok || tif == TimeInForce::fak;
}

BookSide opposite_side(BookSide side) {
    return side == BookSide::bid ? BookSide::ask : BookSide::bid;
}

bool is_better(BookSide side, Price a, Price b) {
    return side == BookSide::bid ? a > b : a < b;
}

// Would an order that takes `side` up to `limit` accept a level at `price`?
bool is_within(BookSide side, Price price, Price limit) {
    return !is_better(side, limit, price);
}

Failure refused(std::string detail) {
    return Failure{Fault::rejected, "simulated.admit", std::move(detail)};
}

std::string_view killed_text(TimeInForce tif) {
    return tif == TimeInForce::fak
               ? "no orders found to match with FAK order. FAK orders are partially filled or "
                 "killed if no match is found."
               : "order couldn't be fully filled. FOK orders are fully filled or killed.";
}

} // namespace

void MatchingCore::list(Market const& market) {
    auto const [at, fresh] = markets_.try_emplace(market.condition, market, rules_.assumptions);
    if (!fresh) at->second.market = market;
    market_of_token_[market.up] = &at->second;
    market_of_token_[market.down] = &at->second;
}

void MatchingCore::resolve(ConditionId const& market, Notices& out) {
    auto const at = markets_.find(market);
    if (at == markets_.end()) return;
    auto& state = at->second;
    state.open = false;
    for (auto const side : {BookSide::bid, BookSide::ask}) {
        auto const gone = std::move(state.side(side));
        state.side(side).clear();
        for (auto const& r : gone)
            finish(
                records_.at(r.id),
                OrderReport::Status::cancelled,
                Reason::cancelled,
                "CANCELED_MARKET_RESOLVED",
                out
            );
    }
}

void MatchingCore::forget(ConditionId const& market) {
    auto const at = markets_.find(market);
    if (at == markets_.end()) return;
    for (auto const& id : at->second.orders)
        records_.erase(id);
    market_of_token_.erase(at->second.market.up);
    market_of_token_.erase(at->second.market.down);
    markets_.erase(at);
}

Market const* MatchingCore::market_of(TokenId const& token) const {
    auto const* state = state_of(token);
    return state == nullptr ? nullptr : &state->market;
}

void MatchingCore::on(BookSnapshot const& snapshot, Notices& out) {
    auto* state = state_of(snapshot.token);
    if (state == nullptr) return;
    state->external.on(snapshot, *state->market.outcome_of(snapshot.token));
    match_resting(*state, snapshot.at.received_at, out);
}

void MatchingCore::on(BookChange const& change, Notices& out) {
    auto* state = state_of(change.token);
    if (state == nullptr) return;
    state->external.on(change, *state->market.outcome_of(change.token));
    if (change.end_of_frame) match_resting(*state, change.at.received_at, out);
}

// A print says that the other side of the recorded market reached this price with this volume.
// Orders of ours at better prices would have been hit first; at the price itself the queue counts.
void MatchingCore::on(PublicTrade const& trade, Notices& out) {
    auto* state = state_of(trade.token);
    if (state == nullptr) return;
    auto const mirrored = trade.token == state->market.down;
    auto const price = mirrored ? trade.price.complement() : trade.price;
    auto const takes_asks = (trade.taker_side == Side::buy) != mirrored;
    auto const side = takes_asks ? BookSide::ask : BookSide::bid;
    auto const model = rules_.assumptions.fill;
    auto volume = trade.size;
    for (auto& r : state->side(side)) {
        if (volume.is_zero() || is_better(side, price, r.price)) break;
        auto reaching = volume;
        if (r.price == price) {
            if (model == FillModel::trade_through) break;
            if (model == FillModel::queue) {
                auto const ahead = std::min(r.queue_ahead, volume);
                r.queue_ahead -= ahead;
                r.traded_unseen += volume;
                reaching -= ahead;
            }
        } else {
            r.queue_ahead = {};
        }
        auto const size = std::min(r.left, reaching);
        if (size.is_zero()) continue;
        fill_resting(*state, r, size, next_trade(), trade.at.received_at, out);
        volume -= size;
    }
    drop_filled(*state);
}

void MatchingCore::on(TickSizeChanged const& change) {
    auto* state = state_of(change.token);
    if (state == nullptr) return;
    state->market.tick = change.new_tick;
    state->external.clear();
}

Result<MatchingCore::Admission> MatchingCore::admit(NewOrder const& order, UtcTime now) {
    auto* state = state_of(order.token);
    if (state == nullptr) return refused("no market is listed for token " + to_string(order.token));
    if (auto const checked = check(*state, order, now); !checked) return checked.error();
    Record record;
    record.order = order;
    record.market = state->market.condition;
    records_.emplace(order.id, std::move(record));
    state->orders.push_back(order.id);
    return Admission{crosses(*state, order)};
}

Result<void>
MatchingCore::check(MarketState const& state, NewOrder const& order, UtcTime now) const {
    auto const& market = state.market;
    auto const invalid = [&](std::string_view why) {
        return refused(fmt::format("order {} is invalid. {}", to_string(order.id), why));
    };
    if (records_.contains(order.id)) return invalid("Duplicated.");
    if (!state.open) return refused("Trading is closed: the market is resolved");
    auto const highest = market.tick.complement();
    if (!is_on_tick(order.limit, market.tick) || order.limit < market.tick || order.limit > highest)
        return invalid(fmt::format(
            "Price ({}) breaks minimum tick size rule: {}",
            to_string(order.limit),
            to_string(market.tick)
        ));
    auto const market_type = is_market_type(order.tif);
    auto const step = market_type && order.side == Side::buy ? market_buy_step : limit_size_step;
    if (order.size.micros() <= 0 || (!order.money && order.size.micros() % step.micros() != 0))
        return refused(fmt::format(
            "invalid amounts: size {} is not a positive multiple of {}",
            to_string(order.size),
            to_string(step)
        ));
    if (!market_type && order.size < market.min_size)
        return invalid(fmt::format(
            "Size ({}) lower than the minimum: {}",
            to_string(order.size),
            to_string(market.min_size)
        ));
    auto const marketable = crosses(state, order);
    if (order.post_only && market_type)
        return refused("invalid post-only order: only GTC and GTD orders can be post-only");
    if (order.post_only && marketable)
        return refused("invalid post-only order: order crosses book");
    auto const notional = order.money.value_or(cost_rounded_down(order.limit, order.size));
    if ((market_type || (marketable && order.side == Side::buy)) &&
        notional < rules_.min_marketable)
        return refused(fmt::format(
            "invalid amount for a marketable {} order (${}), min size: ${}",
            order.side == Side::buy ? "BUY" : "SELL",
            to_string(notional),
            to_string(rules_.min_marketable)
        ));
    if (order.tif == TimeInForce::gtd &&
        (!order.expires_at || *order.expires_at < now + rules_.gtd_minimum_lead))
        return refused(fmt::format(
            "invalid expiration: a GTD order must expire at least {} s from now",
            std::chrono::floor<Seconds>(rules_.gtd_minimum_lead).count()
        ));
    return {};
}

void MatchingCore::execute(OrderId const& order, UtcTime now, Notices& out) {
    auto const at = records_.find(order);
    ENSURE(at != records_.end(), "an order must be admitted before it is executed");
    auto& record = at->second;
    ENSURE(record.stage == Stage::held, "an order is executed once");
    auto& state = *state_of(record.order.token);
    if (!state.open) {
        finish(
            record,
            OrderReport::Status::cancelled,
            Reason::market_closed,
            "CANCELED_MARKET_RESOLVED",
            out
        );
        return;
    }
    auto const steps = walk(state, record.order);
    auto const tif = record.order.tif;
    auto const killed = tif == TimeInForce::fok   ? !is_filled_by(record.order, steps)
                        : tif == TimeInForce::fak ? steps.empty()
                                                  : false;
    if (killed) {
        finish(
            record,
            OrderReport::Status::unmatched,
            Reason::not_filled,
            std::string{killed_text(tif)},
            out
        );
        return;
    }
    fill_taker(state, record, steps, now, out);
    if (is_market_type(tif) || record.matched == record.order.size)
        finish(record, OrderReport::Status::matched, Reason::order_sent, {}, out);
    else
        rest(state, record, out);
}

Result<void> MatchingCore::cancel(OrderId const& order, AccountId account, Notices& out) {
    auto const refuse = [](std::string text) {
        return Failure{Fault::rejected, "simulated.cancel", std::move(text)};
    };
    auto const at = records_.find(order);
    if (at == records_.end() || at->second.order.account != account)
        return refuse("Order not found or already canceled");
    auto& record = at->second;
    switch (record.stage) {
    case Stage::held: return refuse("the order is delayed and cannot be canceled");
    case Stage::done: return refuse("already canceled or matched");
    case Stage::resting: break;
    }
    remove_resting(order, *state_of(record.order.token));
    finish(record, OrderReport::Status::cancelled, Reason::cancelled, "CANCELED", out);
    return {};
}

void MatchingCore::kill(OrderId const& order, std::string text, Notices& out) {
    auto const at = records_.find(order);
    ENSURE(
        at != records_.end() && at->second.stage == Stage::held,
        "only a held order can be ended without matching"
    );
    finish(at->second, OrderReport::Status::cancelled, Reason::cancelled, std::move(text), out);
}

void MatchingCore::expire(UtcTime now, Notices& out) {
    for (auto& [condition, state] : markets_) {
        for (auto const side : {BookSide::bid, BookSide::ask}) {
            auto& orders = state.side(side);
            for (std::size_t i = 0; i < orders.size();) {
                if (!orders[i].removed_at || *orders[i].removed_at > now) {
                    ++i;
                    continue;
                }
                auto& record = records_.at(orders[i].id);
                orders.erase(orders.begin() + static_cast<std::ptrdiff_t>(i));
                finish(record, OrderReport::Status::cancelled, Reason::cancelled, "EXPIRED", out);
            }
        }
    }
}

OrderReport MatchingCore::look_up(OrderId const& order) const {
    OrderReport report;
    report.order = order;
    auto const at = records_.find(order);
    if (at == records_.end()) {
        report.status = OrderReport::Status::not_found;
        return report;
    }
    auto const& record = at->second;
    report.status = record.status;
    report.matched = record.matched;
    report.reason = record.reason;
    report.text = record.text;
    return report;
}

std::size_t MatchingCore::resting_count() const {
    std::size_t count = 0;
    for (auto const& [condition, state] : markets_)
        count += state.bids.size() + state.asks.size();
    return count;
}

MatchingCore::Frame MatchingCore::frame_of(Market const& market, NewOrder const& order) {
    auto const mirrored = order.token == market.down;
    auto const buys_up = (order.side == Side::buy) != mirrored;
    return {
        mirrored ? Outcome::down : Outcome::up,
        buys_up ? BookSide::bid : BookSide::ask,
        buys_up ? BookSide::ask : BookSide::bid,
        mirrored ? order.limit.complement() : order.limit,
    };
}

bool MatchingCore::crosses(MarketState const& state, NewOrder const& order) const {
    return !walk(state, order).empty();
}

// Price first. At one price the external size that stood there before our resting order joined goes
// first, then the order, then what came later. An account never trades with itself.
std::vector<MatchingCore::Take>
MatchingCore::walk(MarketState const& state, NewOrder const& order) const {
    auto const frame = frame_of(state.market, order);
    auto const& resting = state.side(frame.takes);
    std::vector<Take> steps;
    auto left = order.size;
    auto money = order.money.value_or(Usdc{});
    auto const add = [&](Price price, Shares size, std::optional<OrderId> maker) {
        auto const paid = frame.outcome == Outcome::down ? price.complement() : price;
        auto const most =
            order.money ? shares_affordable(money, paid, Shares::from_micros(1)) : left;
        auto const part = std::min(size, most);
        if (part.micros() <= 0) return;
        auto const cost = cost_rounded_up(paid, part);
        steps.push_back({price, part, maker, cost});
        left -= part;
        money -= cost;
    };
    auto const wants_more = [&] {
        return order.money ? money.micros() > 0 : left.micros() > 0;
    };
    std::size_t n = 0;
    std::size_t k = 0;
    while (wants_more()) {
        auto external = state.external.level(frame.outcome, frame.takes, n);
        if (external && !is_within(frame.takes, external->price, frame.price)) external.reset();
        auto const own =
            k < resting.size() && is_within(frame.takes, resting[k].price, frame.price);
        if (!external && !own) break;
        auto const external_first =
            external && (!own || !is_better(frame.takes, resting[k].price, external->price));
        auto const price = external_first ? external->price : resting[k].price;
        auto const here = external && external->price == price;
        auto const offered = here ? external->size : Shares{};
        Shares used;
        for (; k < resting.size() && resting[k].price == price; ++k) {
            if (resting[k].account == order.account) continue;
            auto const ahead = std::min(resting[k].queue_ahead, offered) - used;
            if (ahead.micros() > 0) {
                add(price, ahead, std::nullopt);
                used += ahead;
            }
            add(price, resting[k].left, resting[k].id);
        }
        add(price, offered - used, std::nullopt);
        if (here) ++n;
    }
    return steps;
}

bool MatchingCore::is_filled_by(NewOrder const& order, std::vector<Take> const& steps) {
    Shares found;
    Usdc spent;
    for (auto const& step : steps) {
        found += step.size;
        spent += step.cost;
    }
    return order.money ? spent >= *order.money : found >= order.size;
}

void MatchingCore::fill_taker(
    MarketState& state, Record& record, std::vector<Take> const& steps, UtcTime now, Notices& out
) {
    if (steps.empty()) return;
    auto const frame = frame_of(state.market, record.order);
    auto& makers = state.side(frame.takes);
    for (auto const& step : steps) {
        auto const trade = next_trade();
        auto paid = step.price;
        if (step.resting) {
            auto const maker = std::ranges::find(makers, *step.resting, &Resting::id);
            fill_resting(state, *maker, step.size, trade, now, out);
        } else {
            state.external.take(frame.outcome, frame.takes, step.price, step.size);
            for (auto& r : makers)
                if (r.price == step.price) r.queue_ahead -= std::min(r.queue_ahead, step.size);
            auto const slip = rules_.assumptions.slippage;
            paid = frame.takes == BookSide::ask ? std::min(paid + slip, frame.price)
                                                : std::max(paid - slip, frame.price);
        }
        record.matched += step.size;
        tell_trade(record, state, trade, paid, step.size, false, now, out);
    }
    drop_filled(state);
    cancel_own_crossed(state, record.order.account, frame.takes, steps.back().price, out);
}

void MatchingCore::rest(MarketState& state, Record& record, Notices& out) {
    auto const frame = frame_of(state.market, record.order);
    cancel_own_crossed(state, record.order.account, frame.takes, frame.price, out);
    Resting resting;
    resting.id = record.order.id;
    resting.account = record.order.account;
    resting.outcome = frame.outcome;
    resting.price = frame.price;
    resting.left = record.order.size - record.matched;
    resting.level_seen = state.external.displayed(frame.joins, frame.price);
    if (rules_.assumptions.queue != QueueModel::ahead_of_all)
        resting.queue_ahead = resting.level_seen;
    if (record.order.expires_at)
        resting.removed_at = *record.order.expires_at - rules_.gtd_removed_early;
    auto& orders = state.side(frame.joins);
    auto const behind = std::ranges::find_if(orders, [&](Resting const& other) {
        return is_better(frame.joins, resting.price, other.price);
    });
    orders.insert(behind, std::move(resting));
    record.stage = Stage::resting;
    record.status = OrderReport::Status::live;
    tell(record, out);
}

// The venue's rule for an account that meets itself is not documented. The older order is cancelled
// here, which can only lose us fills.
void MatchingCore::cancel_own_crossed(
    MarketState& state, AccountId account, BookSide side, Price reached, Notices& out
) {
    std::vector<OrderId> crossed;
    for (auto const& r : state.side(side))
        if (r.account == account && is_within(side, r.price, reached)) crossed.push_back(r.id);
    for (auto const& id : crossed) {
        remove_resting(id, state);
        finish(
            records_.at(id),
            OrderReport::Status::cancelled,
            Reason::cancelled,
            "CANCELED: would trade with an order of the same account",
            out
        );
    }
}

void MatchingCore::match_resting(MarketState& state, UtcTime now, Notices& out) {
    if ((state.bids.empty() && state.asks.empty()) || !state.external.is_live()) return;
    for (auto const side : {BookSide::bid, BookSide::ask}) {
        update_queues(state, side);
        match_crossed(state, side, now, out);
    }
    drop_filled(state);
}

void MatchingCore::update_queues(MarketState& state, BookSide side) const {
    for (auto& r : state.side(side)) {
        auto const shown = state.external.displayed(side, r.price);
        if (shown == r.level_seen) continue;
        if (shown < r.level_seen && rules_.assumptions.queue == QueueModel::cancels_pro_rata) {
            auto const shrunk = r.level_seen - shown;
            auto const cancelled = shrunk - std::min(shrunk, r.traded_unseen);
            // Both factors are sizes of one level, far below 2^31 shares: doubles keep the micros
            // that matter, and rounding down keeps the queue long.
            auto const share = to_double(r.queue_ahead) / to_double(r.level_seen);
            auto const gone = static_cast<std::int64_t>(
                static_cast<double>(cancelled.micros()) * std::min(share, 1.0)
            );
            r.queue_ahead -= std::min(r.queue_ahead, Shares::from_micros(gone));
        }
        r.traded_unseen = {};
        r.queue_ahead = std::min(r.queue_ahead, shown);
        r.level_seen = shown;
    }
}

// The recorded book shows the other side at or beyond our price: in the real book that order would
// have met ours. It pays our price, and what it met is not there for anybody else.
void MatchingCore::match_crossed(MarketState& state, BookSide side, UtcTime now, Notices& out) {
    auto const other = opposite_side(side);
    auto const through = rules_.assumptions.fill == FillModel::trade_through;
    for (auto& r : state.side(side)) {
        for (std::size_t n = 0; !r.left.is_zero(); ++n) {
            auto const level = state.external.level(r.outcome, other, n);
            if (!level || !is_within(other, level->price, r.price)) break;
            if (through && level->price == r.price) break;
            auto const size = std::min(r.left, level->size);
            if (size.is_zero()) continue;
            state.external.take(r.outcome, other, level->price, size);
            fill_resting(state, r, size, next_trade(), now, out);
        }
    }
}

void MatchingCore::fill_resting(
    MarketState& state, Resting& order, Shares size, TradeId const& trade, UtcTime now, Notices& out
) {
    auto& record = records_.at(order.id);
    order.left -= size;
    record.matched += size;
    tell_trade(record, state, trade, order.price, size, true, now, out);
    if (order.left.is_zero())
        finish(record, OrderReport::Status::matched, Reason::order_sent, {}, out);
    else
        tell(record, out);
}

void MatchingCore::drop_filled(MarketState& state) {
    auto const is_filled = [](Resting const& r) {
        return r.left.is_zero();
    };
    std::erase_if(state.bids, is_filled);
    std::erase_if(state.asks, is_filled);
}

void MatchingCore::finish(
    Record& record, OrderReport::Status status, Reason reason, std::string text, Notices& out
) {
    record.stage = Stage::done;
    record.status = status;
    record.reason = reason;
    record.text = std::move(text);
    tell(record, out);
}

void MatchingCore::tell(Record const& record, Notices& out) const {
    OrderReport report;
    report.order = record.order.id;
    report.status = record.status;
    report.matched = record.matched;
    report.reason = record.reason;
    report.text = record.text;
    out.push_back(OrderNotice{record.order.account, std::move(report)});
}

void MatchingCore::tell_trade(
    Record const& record,
    MarketState const& state,
    TradeId const& trade,
    Price price_up,
    Shares size,
    bool maker,
    UtcTime now,
    Notices& out
) const {
    TradeReport report;
    report.trade = trade;
    report.order = record.order.id;
    report.token = record.order.token;
    report.side = record.order.side;
    auto const mirrored = record.order.token == state.market.down;
    report.price = mirrored ? price_up.complement() : price_up;
    report.size = size;
    report.maker = maker;
    if (!maker)
        report.fee =
            taker_fee(state.market.fee, size, report.price, rules_.assumptions.fee_rounding);
    report.matched_at = now;
    out.push_back(TradeNotice{record.order.account, std::move(report)});
}

void MatchingCore::remove_resting(OrderId const& order, MarketState& state) {
    auto const is_it = [&](Resting const& r) {
        return r.id == order;
    };
    std::erase_if(state.bids, is_it);
    std::erase_if(state.asks, is_it);
}

MatchingCore::MarketState* MatchingCore::state_of(TokenId const& token) const {
    auto const at = market_of_token_.find(token);
    return at == market_of_token_.end() ? nullptr : at->second;
}

TradeId MatchingCore::next_trade() {
    return {fmt::format("{}-{}", rules_.trade_prefix, ++trades_)};
}

} // namespace polyquant::simulated
