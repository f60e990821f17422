#include "strategies/expiry/expiry_actor.hpp"

#include <algorithm>
#include <utility>

namespace polyquant::strategies::expiry {

namespace {

constexpr std::int64_t seconds_a_day = 86'400;

std::size_t bound(int value) {
    return static_cast<std::size_t>(value);
}

// The venue's words for an account that cannot pay.
bool says_no_balance(OrderChanged const& changed) {
    return changed.to == OrderState::rejected &&
           (changed.reason == Reason::bankroll_short ||
            changed.text.find("not enough balance") != std::string::npos);
}

} // namespace

ExpiryActor::ExpiryActor(
    runtime::Clock& clock, ExpiryHost& host, std::unique_ptr<ExpiryStrategy> strategy
)
    : clock_{clock}, host_{host}, strategy_{std::move(strategy)}, gate_{strategy_->params()},
      table_{bound(strategy_->params().main_max), bound(strategy_->params().watch_max)},
      memory_{bound(strategy_->params().remembered_max)} {}

Reason ExpiryActor::on(MarketScanned const& scanned) {
    if (quiet_) return Reason::strategy_off;
    auto const now = clock_.utc_now();
    close_hour(now);
    auto verdict = gate_.judge(scanned.listing, now);
    if (!verdict.candidate) {
        count(verdict.reason);
        if (auto const& id = scanned.listing.market.condition; table_.drop(id)) leave(id);
        return verdict.reason;
    }
    auto const market = verdict.candidate->market;
    auto const change = table_.put(std::move(*verdict.candidate));
    if (change.refused) count(Reason::list_full);
    for (auto const& left : change.left)
        if (left != market.condition) count(Reason::list_full);
    for (auto const& left : change.left)
        leave(left);
    if (!change.joined) return change.refused ? Reason::list_full : Reason::order_sent;
    watched_tokens_[market.up] = market.condition;
    watched_tokens_[market.down] = market.condition;
    if (watched_.emplace(market.condition, market).second) host_.watch(market);
    return Reason::order_sent;
}

// Out of the lists; its book is followed on while something of it is held or on order.
void ExpiryActor::leave(ConditionId const& market) {
    looked_at_.erase(market);
    auto const needed =
        std::ranges::any_of(desks_, [&](auto const& desk) { return desk.second.market == market; });
    auto const known = watched_.find(market);
    if (needed || table_.find(market) != nullptr || known == watched_.end()) return;
    watched_tokens_.erase(known->second.up);
    watched_tokens_.erase(known->second.down);
    watched_.erase(known);
    host_.unwatch(market);
}

void ExpiryActor::wake(TokenId const& token, std::uint64_t seq) {
    if (quiet_ || !strategy_->enabled()) return;
    auto const known = watched_tokens_.find(token);
    if (known == watched_tokens_.end()) return;
    auto const* candidate = table_.find(known->second);
    if (candidate == nullptr) return;
    auto const now = clock_.utc_now();
    auto const looked = looked_at_.find(known->second);
    if (looked != looked_at_.end() && now - looked->second < look_gap) return;
    evaluate(*candidate, seq);
}

bool ExpiryActor::event_held(Candidate const& candidate) const {
    if (!candidate.market.neg_risk || candidate.event.empty()) return false;
    return std::ranges::any_of(desks_, [&](auto const& desk) {
        return desk.second.event == candidate.event &&
               desk.second.market != candidate.market.condition;
    });
}

Reason ExpiryActor::evaluate(Candidate const& candidate, std::uint64_t seq) {
    auto const now = clock_.utc_now();
    close_hour(now);
    looked_at_[candidate.market.condition] = now;
    auto const view = host_.view(candidate.market.condition);
    auto const* book =
        view && view->book(candidate.outcome) ? &*view->book(candidate.outcome) : nullptr;
    auto input = EntryInput{candidate};
    input.now = now;
    input.book = book;
    if (candidate.question.claim) input.spot = host_.spot(candidate.question.claim->asset);
    if (view && view->strike && !view->strike_disputed) input.strike = view->strike->price;
    input.token = memory_.status(candidate.token(), now);
    // The other side of a market we are in is the same bet turned round.
    auto const& other = candidate.market.token(opposite(candidate.outcome));
    if (memory_.status(other, now) == TokenStatus::pending) input.token = TokenStatus::pending;
    input.event_held = event_held(candidate);
    input.held_elsewhere = host_.held_elsewhere(strategy_->name(), candidate.market.condition);
    input.pending = memory_.pending();
    input.trades_today = trades_today(now);
    input.balance_halted = balance_halted_until_ && now < *balance_halted_until_;
    input.bankroll = host_.free_bankroll(strategy_->name());
    input.enabled = strategy_->enabled();

    auto decision = decide_entry(strategy_->params(), strategy_->name(), input);
    auto answer = decision.reason;
    if (decision.order) {
        decision.order->input_seq = seq;
        answer = send(decision, candidate, *view);
    }
    count(answer);
    return answer;
}

Reason
ExpiryActor::send(EntryDecision& decision, Candidate const& candidate, MarketView const& view) {
    // Before the order is booked: its fact looks for the event here.
    auto& desk = desks_[candidate.token()];
    desk.market = candidate.market.condition;
    desk.outcome = candidate.outcome;
    desk.event = candidate.market.neg_risk ? candidate.event : std::string{};
    auto const uses_spot = decision.spot == SpotVerdict::confirmed;
    auto const submitted = host_.submit(*decision.order, view, uses_spot);
    if (submitted.reason != Reason::order_sent &&
        memory_.status(candidate.token(), view.now) != TokenStatus::pending)
        desks_.erase(candidate.token());
    host_.decided(strategy_->name(), candidate, decision, submitted.reason);
    return submitted.reason;
}

void ExpiryActor::cycle() {
    auto const now = clock_.utc_now();
    auto const& params = strategy_->params();
    memory_.forget_old(now);
    for (auto const& market : table_.drop_old(now, now - params.listing_age_max)) {
        count(Reason::listing_stale);
        leave(market);
    }
    // An order changes nothing in the table, but its fact may: work on copies of the keys.
    std::vector<ConditionId> order;
    for (auto const* candidate : table_.in_order())
        order.push_back(candidate->market.condition);
    for (auto const& market : order)
        if (auto const* candidate = table_.find(market)) evaluate(*candidate, 0);
}

void ExpiryActor::check_stops() {
    auto const& params = strategy_->params();
    if (!params.stop_loss) return;
    auto const now = clock_.utc_now();
    close_hour(now);
    std::vector<TokenId> tokens;
    for (auto const& [token, desk] : desks_)
        if (desk.filled) tokens.push_back(token);
    for (auto const& token : tokens) {
        auto const found = desks_.find(token);
        if (found == desks_.end()) continue;
        auto const desk = found->second;
        auto const view = host_.view(desk.market);
        if (!view || view->market == nullptr) {
            count(Reason::book_missing);
            continue;
        }
        auto const held = host_.held(strategy_->name(), token);
        auto const* book = view->book(desk.outcome) ? &*view->book(desk.outcome) : nullptr;
        auto const decision = decide_stop(
            params,
            strategy_->name(),
            {.now = now,
             .market = *view->market,
             .outcome = desk.outcome,
             .book = book,
             .exposure = held.exposure,
             .cost = held.cost,
             .sellable = held.sellable,
             .enabled = strategy_->enabled()}
        );
        auto answer = decision.reason;
        if (decision.order) {
            answer = host_.submit(*decision.order, *view, false).reason;
            host_.stop_decided(strategy_->name(), *view->market, decision, answer);
        }
        count(answer);
    }
}

void ExpiryActor::on(Fact const& fact) {
    auto const& name = strategy_->name();
    if (auto const* placed = std::get_if<OrderPlaced>(&fact.body)) {
        auto const& intent = placed->intent;
        if (intent.strategy != name) return;
        auto& desk = desks_[intent.token];
        desk.market = intent.market;
        desk.outcome = intent.outcome;
        orders_[placed->order] = intent.token;
        if (intent.side == Side::buy) {
            auto const day = unix_seconds(fact.at) / seconds_a_day;
            if (day != day_) buys_today_.clear();
            day_ = day;
            buys_today_.insert(placed->order);
        }
        memory_.ordered(intent.token);
    } else if (auto const* changed = std::get_if<OrderChanged>(&fact.body)) {
        if (changed->strategy == name) on_changed(*changed, fact.at);
    } else if (auto const* matched = std::get_if<TradeMatched>(&fact.body)) {
        if (matched->strategy != name) return;
        auto& desk = desks_[matched->trade.token];
        desk.market = matched->market;
        desk.outcome = matched->outcome;
        desk.filled = true;
        orders_[matched->trade.order] = matched->trade.token;
        refresh(matched->trade.token, fact.at);
    } else if (auto const* trade = std::get_if<TradeChanged>(&fact.body)) {
        auto const order = orders_.find(trade->order);
        if (trade->strategy != name || order == orders_.end()) return;
        auto const token = order->second;
        // A fill that was reversed leaves nothing: the token was never ours.
        if (auto const desk = desks_.find(token); desk != desks_.end() &&
                                                  trade->to == TradeState::failed &&
                                                  host_.held(name, token).exposure.is_zero())
            desk->second.filled = false;
        refresh(token, fact.at);
    } else if (auto const* settled = std::get_if<PositionSettled>(&fact.body)) {
        if (settled->strategy != name) return;
        desks_[settled->token].filled = true;
        desks_[settled->token].market = settled->market;
        refresh(settled->token, fact.at);
    }
}

void ExpiryActor::on_changed(OrderChanged const& changed, UtcTime at) {
    if (says_no_balance(changed)) balance_halted_until_ = at + strategy_->params().scan_interval;
    auto const order = orders_.find(changed.order);
    if (order == orders_.end()) return;
    auto const token = order->second;
    auto const desk = desks_.find(token);
    if (is_terminal(changed.to) && desk != desks_.end() && !desk->second.filled)
        buys_today_.erase(changed.order);
    refresh(token, at);
}

// What the books say about a token decides, so that no order of messages can mislead us.
void ExpiryActor::refresh(TokenId const& token, UtcTime now) {
    auto const desk = desks_.find(token);
    if (desk == desks_.end()) return;
    auto const held = host_.held(strategy_->name(), token);
    if (held.open_orders > 0 || held.exposure.micros() > 0) {
        memory_.ordered(token);
        return;
    }
    if (desk->second.filled)
        memory_.finished(token);
    else
        memory_.not_filled(token, now + strategy_->params().retry_pause);
    auto const market = desk->second.market;
    desks_.erase(desk);
    std::erase_if(orders_, [&](auto const& order) { return order.second == token; });
    if (table_.find(market) == nullptr) leave(market);
}

int ExpiryActor::trades_today(UtcTime now) const {
    if (unix_seconds(now) / seconds_a_day != day_) return 0;
    return static_cast<int>(buys_today_.size());
}

Task<void> ExpiryActor::run() {
    next_cycle_ = next_stop_ = clock_.utc_now();
    for (;;) {
        auto const now = clock_.utc_now();
        close_hour(now);
        if (now >= next_cycle_) {
            if (!quiet_) cycle();
            next_cycle_ = now + strategy_->params().scan_interval;
        }
        if (now >= next_stop_) {
            if (!quiet_) check_stops();
            next_stop_ = now + strategy_->params().stop_interval;
        }
        auto next = std::min(next_cycle_, hour_.end());
        if (strategy_->params().stop_loss) next = std::min(next, next_stop_);
        if (!co_await clock_.wait_until(clock_.instant_of(next))) break;
    }
    report();
}

void ExpiryActor::replace(std::unique_ptr<ExpiryStrategy> strategy) {
    ENSURE(strategy->name() == strategy_->name(), "a reload keeps a strategy's name");
    auto const new_epoch = strategy->epoch() != strategy_->epoch();
    if (new_epoch) report();
    strategy_ = std::move(strategy);
    auto const& params = strategy_->params();
    gate_ = ListingGate{params};
    memory_.set_bound(bound(params.remembered_max));
    if (!new_epoch) return;
    reasons_ = {};
    auto const left = table_.resize(0, 0);
    for (auto const& market : left)
        leave(market);
    table_.resize(bound(params.main_max), bound(params.watch_max));
    auto const now = clock_.utc_now();
    next_cycle_ = std::min(next_cycle_, now + params.scan_interval);
    next_stop_ = now;
}

void ExpiryActor::count(Reason reason) {
    hour_counts_.add(reason);
    reasons_.add(reason);
    last_reason_ = reason;
}

void ExpiryActor::close_hour(UtcTime now) {
    auto const hour = window_at(now, hour_.length);
    if (hour == hour_) return;
    report();
    hour_ = hour;
}

void ExpiryActor::report() {
    if (hour_counts_.total() == 0) return;
    WindowEvaluated over;
    over.strategy = strategy_->name();
    over.epoch = strategy_->epoch();
    over.window = hour_;
    over.counts = std::exchange(hour_counts_, {});
    over.last = last_reason_;
    host_.window_over(std::move(over));
}

} // namespace polyquant::strategies::expiry
