#include "strategies/strategy_actor.hpp"

#include <algorithm>

namespace polyquant::strategies {

namespace {

// Reasons of a strategy that looked at a market; outside its zone it did not.
bool looked(Reason reason) {
    return reason != Reason::outside_zone && reason != Reason::strategy_off &&
           reason != Reason::no_market;
}

} // namespace

StrategyActor::StrategyActor(
    runtime::Clock& clock,
    StrategyHost& host,
    std::unique_ptr<Strategy> strategy,
    std::vector<Asset> assets
)
    : clock_{clock}, host_{host}, strategy_{std::move(strategy)}, assets_{std::move(assets)} {}

void StrategyActor::wake(Asset asset, std::uint64_t seq) {
    if (quiet_ || !strategy_->trades(asset)) return;
    auto const now = clock_.utc_now();
    if (window_at(now, window_length_).end() - now > strategy_->lead()) return;
    evaluate(asset, seq);
}

Task<void> StrategyActor::run() {
    for (;;) {
        auto const now = clock_.utc_now();
        close_windows(now);
        auto const window = window_at(now, window_length_);
        auto const zone = window.end() - strategy_->lead();
        // At the window's start this answers outside_zone (or that there is no market), so that
        // every window of every asset has at least one counted answer.
        for (auto asset : assets_)
            if (!quiet_ && strategy_->trades(asset)) evaluate(asset, 0);
        auto const next = now < zone ? zone : window.end();
        if (!co_await clock_.wait_until(clock_.instant_of(next))) co_return;
    }
}

Reason StrategyActor::evaluate(Asset asset, std::uint64_t seq) {
    auto const now = clock_.utc_now();
    auto const window = window_at(now, window_length_);
    auto& desk = desk_for(asset, window);
    auto const view = host_.view(asset, window);
    auto const input = StrategyInput{
        .view = view,
        .signal = host_.signal(asset),
        .state = desk.state,
        .bankroll = host_.free_bankroll(strategy_->name()),
        .input_seq = seq,
    };

    auto const decision = strategy_->decide(input);
    auto const answer = decision.intents.empty() ? decision.reason : send(decision, view, desk);

    desk.counts.add(answer);
    desk.last = answer;
    reasons_.add(answer);
    last_reason_ = answer;
    if (looked(answer)) last_look_ = Look{asset, answer};
    host_.evaluated(*strategy_, view, decision, answer);
    return answer;
}

Reason StrategyActor::send(Decision const& decision, MarketView const& view, AssetDesk& desk) {
    auto answer = Reason::order_sent;
    for (auto const& intent : decision.intents) {
        auto const* order = std::get_if<PlaceOrder>(&intent);
        ENSURE(order != nullptr, "scalp strategies place orders only");
        auto const submitted = host_.submit(*order, view);
        if (submitted.reason != Reason::order_sent) {
            answer = submitted.reason;
            continue;
        }
        auto& side = desk.state[order->outcome];
        ++side.orders_sent;
        side.last_order_at = view.now;
    }
    return answer;
}

void StrategyActor::on(Fact const& fact) {
    if (auto const* placed = std::get_if<OrderPlaced>(&fact.body)) {
        auto const& intent = placed->intent;
        if (intent.strategy != strategy_->name() || !intent.asset) return;
        auto const window = window_at(fact.at, window_length_);
        sent_.emplace(placed->order, Sent{*intent.asset, window, intent.outcome});
        desk_for(*intent.asset, window).state[intent.outcome].pending = true;
    } else if (auto const* changed = std::get_if<OrderChanged>(&fact.body)) {
        if (changed->strategy != strategy_->name()) return;
        auto const settled = is_terminal(changed->to) || changed->to == OrderState::matched;
        if (auto* side = side_of(changed->order); side != nullptr && settled) side->pending = false;
        if (is_terminal(changed->to)) sent_.erase(changed->order);
    } else if (auto const* trade = std::get_if<TradeMatched>(&fact.body)) {
        if (trade->strategy != strategy_->name()) return;
        if (auto* side = side_of(trade->trade.order)) side->filled = true;
    }
}

void StrategyActor::replace(std::unique_ptr<Strategy> strategy) {
    ENSURE(strategy->name() == strategy_->name(), "a reload keeps a strategy's name");
    auto const new_epoch = strategy->epoch() != strategy_->epoch();
    strategy_ = std::move(strategy);
    if (new_epoch) reasons_ = {};
}

StrategyActor::AssetDesk& StrategyActor::desk_for(Asset asset, Window window) {
    auto& desk = desks_[index_of(asset)];
    if (desk.window == window) return desk;
    if (desk.counts.total() > 0) {
        auto over = WindowEvaluated{};
        over.strategy = strategy_->name();
        over.epoch = strategy_->epoch();
        over.asset = asset;
        over.window = desk.window;
        over.counts = desk.counts;
        over.last = desk.last;
        desk = AssetDesk{};
        desk.window = window;
        host_.window_over(std::move(over));
        return desk;
    }
    desk = AssetDesk{};
    desk.window = window;
    return desk;
}

SideState* StrategyActor::side_of(OrderId const& order) {
    auto const found = sent_.find(order);
    if (found == sent_.end()) return nullptr;
    auto& desk = desks_[index_of(found->second.asset)];
    // An order that outlives its window says nothing about the next one.
    if (desk.window != found->second.window) return nullptr;
    return &desk.state[found->second.outcome];
}

void StrategyActor::close_windows(UtcTime now) {
    auto const window = window_at(now, window_length_);
    for (auto asset : assets_) {
        auto const& desk = desks_[index_of(asset)];
        if (desk.counts.total() > 0 && desk.window != window) desk_for(asset, window);
    }
}

} // namespace polyquant::strategies
