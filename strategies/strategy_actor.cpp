#include "strategies/strategy_actor.hpp"

#include <algorithm>
#include <utility>

namespace polyquant::strategies {

namespace {

// Before its zone a strategy's likely orders are told, so that they are signed when it begins.
constexpr Seconds signing_time{5};
// Signed orders are used for a minute at most.
constexpr Seconds told_again{30};

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

bool StrategyActor::follows(Asset asset) const {
    return strategy_->trades(asset) && std::ranges::find(assets_, asset) != assets_.end();
}

void StrategyActor::wake(Asset asset, std::uint64_t seq) {
    if (quiet_) return;
    auto const leads = strategy_->leader() == asset;
    if (!leads && !follows(asset)) return;
    auto const now = clock_.utc_now();
    if (window_at(now, window_length_).end() - now > strategy_->lead()) return;
    if (follows(asset)) evaluate(asset, seq);
    if (!leads) return;
    for (auto const follower : assets_)
        if (follower != asset && follows(follower)) evaluate(follower, seq);
}

Task<void> StrategyActor::run() {
    for (;;) {
        auto const now = clock_.utc_now();
        close_windows(now);
        auto const window = window_at(now, window_length_);
        auto const zone = window.end() - strategy_->lead();
        auto const early = host_.signs_ahead() && !quiet_ ? zone - signing_time : zone;
        auto const signs = now >= early && now < zone;
        // At the window's start this answers outside_zone (or that there is no market), so that
        // every window of every asset has at least one counted answer.
        for (auto asset : assets_) {
            if (quiet_ || !strategy_->trades(asset)) continue;
            if (signs)
                anticipate(asset);
            else
                evaluate(asset, 0);
        }
        auto const next = now < early ? early : now < zone ? zone : window.end();
        auto const running = co_await clock_.wait_until(clock_.instant_of(next));
        if (!running) break;
    }
    report_all();
}

Reason StrategyActor::evaluate(Asset asset, std::uint64_t seq) {
    auto const now = clock_.utc_now();
    auto const window = window_at(now, window_length_);
    auto& desk = desk_for(asset, window);
    auto const view = host_.view(asset, window);
    auto const leader = strategy_->leader();
    auto const led_by = leader ? std::optional{host_.view(*leader, window)} : std::nullopt;
    auto const input = input_of(asset, view, led_by ? &*led_by : nullptr, desk, seq);

    auto const decision = strategy_->decide(input);
    auto const answer = decision.intents.empty() ? decision.reason : send(decision, view, desk);

    desk.counts.add(answer);
    desk.last = answer;
    reasons_.add(answer);
    last_reason_ = answer;
    if (looked(answer)) last_look_ = Look{asset, answer};
    host_.evaluated(*strategy_, view, decision, answer);
    // After what was decided is on its way.
    if (host_.signs_ahead()) anticipate(asset);
    return answer;
}

StrategyInput StrategyActor::input_of(
    Asset asset,
    MarketView const& view,
    MarketView const* leader,
    AssetDesk const& desk,
    std::uint64_t seq
) const {
    return {
        .view = view,
        .signal = host_.signal(asset),
        .state = desk.state,
        .bankroll = host_.free_bankroll(strategy_->name()),
        .input_seq = seq,
        .leader = leader,
    };
}

void StrategyActor::anticipate(Asset asset) {
    auto const now = clock_.utc_now();
    auto const window = window_at(now, window_length_);
    if (window.end() - now > strategy_->lead() + signing_time) return;
    auto& desk = desk_for(asset, window);
    auto const view = host_.view(asset, window);
    anticipate(input_of(asset, view, nullptr, desk, 0), desk);
}

void StrategyActor::anticipate(StrategyInput const& input, AssetDesk& desk) {
    auto const& view = input.view;
    if (view.market == nullptr || input.signal == nullptr) return;
    Outlook outlook;
    outlook.market = view.market->condition;
    outlook.tick = view.market->tick;
    outlook.fee = view.market->fee;
    outlook.bankroll = input.bankroll;
    outlook.epoch = strategy_->epoch();
    outlook.percent_up = static_cast<int>(input.signal->up * 100);
    outlook.period = unix_nanos(view.now) / Nanos{told_again}.count();
    auto const coarse = view.market->tick.micros() * 10;
    for (auto const outcome : {Outcome::up, Outcome::down})
        if (auto const& book = view.book(outcome);
            book && book->is_live() && book->depth(BookSide::ask) > 0 && coarse > 0)
            outlook.asks =
                outlook.asks * 1'000 + book->level(BookSide::ask, 0).price.micros() / coarse;
    if (desk.outlook == outlook) return;
    desk.outlook = outlook;
    for (auto const& order : strategy_->likely_orders(input))
        host_.anticipate(order);
}

Reason StrategyActor::send(Decision const& decision, MarketView const& view, AssetDesk& desk) {
    // An order that left is the answer, whatever the gate said about the others.
    auto sent = false;
    auto refusal = Reason::order_sent;
    for (auto const& intent : decision.intents) {
        auto const* order = std::get_if<PlaceOrder>(&intent);
        ENSURE(order != nullptr, "scalp strategies place orders only");
        auto const submitted = host_.submit(*order, view);
        if (submitted.reason != Reason::order_sent) {
            if (refusal == Reason::order_sent) refusal = submitted.reason;
            continue;
        }
        sent = true;
        auto& side = desk.state[order->outcome];
        ++side.orders_sent;
        side.last_order_at = view.now;
    }
    return sent ? Reason::order_sent : refusal;
}

void StrategyActor::on(Fact const& fact) {
    if (auto const* placed = std::get_if<OrderPlaced>(&fact.body)) {
        if (placed->intent.strategy == strategy_->name()) on_placed(*placed);
    } else if (auto const* changed = std::get_if<OrderChanged>(&fact.body)) {
        // Matched says that there are fills, not that we have been told of them: while it keeps a
        // reserve, or before the first of them, the order is still under way.
        change_order(changed->order, [&](OwnOrder& order) {
            auto const told = order.trades > 0 && changed->reserved_left.is_zero();
            order.filling =
                !is_terminal(changed->to) && !(changed->to == OrderState::matched && told);
        });
    } else if (auto const* matched = std::get_if<TradeMatched>(&fact.body)) {
        change_order(matched->trade.order, [&](OwnOrder& order) {
            ++order.trades;
            // A buy that reserves nothing any more has all its fills.
            if (matched->trade.side == Side::buy && matched->reserved_left.is_zero())
                order.filling = false;
        });
    } else if (auto const* trade = std::get_if<TradeChanged>(&fact.body)) {
        if (trade->to != TradeState::failed) return;
        change_order(trade->order, [](OwnOrder& order) { ++order.voided; });
    }
}

void StrategyActor::restore(Fact const& fact) {
    on(fact);
    auto const* placed = std::get_if<OrderPlaced>(&fact.body);
    if (placed == nullptr || placed->intent.strategy != strategy_->name() || !placed->intent.asset)
        return;
    // A resting order that followed an unfilled one counts as an attempt here: rather one too few.
    auto& desk = desks_[index_of(*placed->intent.asset)];
    if (!desk.orders.contains(placed->order)) return;
    auto& side = desk.state[placed->intent.outcome];
    ++side.orders_sent;
    side.last_order_at = std::max(side.last_order_at, placed->intent.decided_at);
}

void StrategyActor::on_placed(OrderPlaced const& placed) {
    auto const& intent = placed.intent;
    if (!intent.asset) return;
    // The market's window, not the clock's: an order decided in the last instant of a window is
    // that window's, even if it is booked in the next.
    auto const slug = parse_updown_slug(placed.slug);
    auto const open = desks_[index_of(*intent.asset)].window;
    auto const window = slug && slug->window.length == window_length_ ? slug->window : open;
    if (window.start < open.start) return;
    desk_for(*intent.asset, window).orders.emplace(placed.order, OwnOrder{intent.outcome});
    change_order(placed.order, [](OwnOrder&) {});
}

// Orders of windows that are over are not found any more: they say nothing about the next one.
template <class Change>
void StrategyActor::change_order(OrderId const& id, Change change) {
    for (auto& desk : desks_) {
        auto const found = desk.orders.find(id);
        if (found == desk.orders.end()) continue;
        change(found->second);
        auto& side = desk.state[found->second.outcome];
        side.pending = side.filled = false;
        for (auto const& [other, order] : desk.orders) {
            if (order.outcome != found->second.outcome) continue;
            side.pending |= order.filling;
            side.filled |= order.trades > order.voided;
        }
        return;
    }
}

void StrategyActor::replace(std::unique_ptr<Strategy> strategy) {
    ENSURE(strategy->name() == strategy_->name(), "a reload keeps a strategy's name");
    auto const new_epoch = strategy->epoch() != strategy_->epoch();
    if (new_epoch) report_all();
    strategy_ = std::move(strategy);
    if (new_epoch) reasons_ = {};
}

StrategyActor::AssetDesk& StrategyActor::desk_for(Asset asset, Window window) {
    auto& desk = desks_[index_of(asset)];
    if (desk.window == window) return desk;
    auto over = std::exchange(desk, AssetDesk{});
    desk.window = window;
    report(asset, over);
    return desk;
}

void StrategyActor::report(Asset asset, AssetDesk& desk) {
    if (desk.counts.total() == 0) return;
    WindowEvaluated over;
    over.strategy = strategy_->name();
    over.epoch = strategy_->epoch();
    over.asset = asset;
    over.window = desk.window;
    over.counts = std::exchange(desk.counts, {});
    over.last = desk.last;
    host_.window_over(std::move(over));
}

void StrategyActor::report_all() {
    for (auto asset : all_assets)
        report(asset, desks_[index_of(asset)]);
}

void StrategyActor::close_windows(UtcTime now) {
    auto const window = window_at(now, window_length_);
    for (auto asset : all_assets) {
        auto const& desk = desks_[index_of(asset)];
        if (desk.counts.total() > 0 && desk.window != window) desk_for(asset, window);
    }
}

} // namespace polyquant::strategies
