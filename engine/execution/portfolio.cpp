#include "engine/execution/portfolio.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::execution {

namespace {

__extension__ typedef __int128 Int128;

constexpr std::size_t closed_positions_kept = 4'096;
constexpr std::size_t closed_orders_kept = 256;
constexpr std::size_t collected_kept = 1'024;

std::int64_t utc_day(UtcTime at) {
    return std::chrono::floor<std::chrono::days>(at.time_since_epoch()).count();
}

std::optional<Window> window_of(std::string const& slug) {
    auto const parsed = parse_updown_slug(slug);
    return parsed ? std::optional{parsed->window} : std::nullopt;
}

// The part of `cost` that belongs to `size` of `all` shares, rounded down; all of it at the end.
Usdc part_of(Usdc cost, Shares size, Shares all) {
    if (all.micros() <= 0 || size >= all) return cost;
    return Usdc::from_micros(
        static_cast<std::int64_t>(Int128{cost.micros()} * size.micros() / all.micros())
    );
}

// The cost that `size` sold shares carry: their part of what the confirmed shares cost, all of it
// for all of them. Unsettled purchases stay out of it, because one that fails takes its own cost
// back, and no part of that may have left with a sale.
Usdc cost_share(Position const& position, Shares size) {
    return part_of(position.confirmed_cost, size, position.confirmed);
}

FillStatistics& fills_of(EpochStatistics& epoch, std::optional<Asset> asset) {
    return epoch.fills[asset ? index_of(*asset) : asset_count];
}

bool is_empty(Position const& p) {
    return p.exposure.is_zero() && p.confirmed.is_zero() && p.cost.is_zero();
}

void count_closed(StrategyAccount& account, ClosedPosition closed) {
    ++(closed.won ? account.wins : account.losses);
    ++(closed.won ? account.epoch.wins : account.epoch.losses);
    account.closed.push_back(std::move(closed));
    if (account.closed.size() > closed_positions_kept) account.closed.pop_front();
}

// False: the epoch in which it was counted is over.
bool take_back(StrategyAccount& account, UtcTime counted_at, bool won) {
    --(won ? account.wins : account.losses);
    auto& in_epoch = won ? account.epoch.wins : account.epoch.losses;
    if (counted_at < account.epoch.since || in_epoch == 0) return false;
    --in_epoch;
    return true;
}

// A correction, or the payout of a late fill, has the last word on a position already counted.
void count_settled(StrategyAccount& account, ClosedPosition settled) {
    auto const earlier =
        std::find_if(account.closed.rbegin(), account.closed.rend(), [&](ClosedPosition const& c) {
            return c.token == settled.token && !c.by_trade;
        });
    if (earlier == account.closed.rend()) return count_closed(account, std::move(settled));
    earlier->settled += settled.settled;
    if (settled.settled.micros() < 0 && earlier->settled.is_zero()) {
        take_back(account, earlier->at, earlier->won);
        account.closed.erase(std::next(earlier).base());
        return;
    }
    if (earlier->won == settled.won) return;
    bool const same_epoch = take_back(account, earlier->at, earlier->won);
    earlier->won = settled.won;
    ++(settled.won ? account.wins : account.losses);
    if (same_epoch) ++(settled.won ? account.epoch.wins : account.epoch.losses);
}

} // namespace

FillStatistics EpochStatistics::total() const {
    FillStatistics sum;
    for (auto const& f : fills) {
        sum.sent += f.sent;
        sum.filled += f.filled;
        sum.trades += f.trades;
        sum.voided += f.voided;
        for (std::size_t r = 0; r < reason_count; ++r) {
            auto const reason = static_cast<Reason>(r);
            sum.not_filled.add(reason, f.not_filled[reason]);
        }
        sum.latency_sum += f.latency_sum;
        sum.latency_max = std::max(sum.latency_max, f.latency_max);
        sum.slippage += f.slippage;
        sum.size += f.size;
    }
    return sum;
}

Usdc StrategyAccount::position_cost() const {
    Usdc sum;
    for (auto const& [token, position] : positions)
        sum += position.cost;
    return sum;
}

int StrategyAccount::losses_in_a_row() const {
    auto const win =
        std::find_if(closed.rbegin(), closed.rend(), [](ClosedPosition const& c) { return c.won; });
    return static_cast<int>(win - closed.rbegin());
}

std::size_t StrategyAccount::open_orders() const {
    return static_cast<std::size_t>(std::ranges::count_if(orders, [](auto const& entry) {
        return !is_terminal(entry.second.state);
    }));
}

std::size_t StrategyAccount::open_orders(TokenId const& token) const {
    return static_cast<std::size_t>(std::ranges::count_if(orders, [&](auto const& entry) {
        return entry.second.intent.token == token && !is_terminal(entry.second.state);
    }));
}

Shares StrategyAccount::sellable(TokenId const& token) const {
    auto const at = positions.find(token);
    if (at == positions.end()) return {};
    auto free = std::min(at->second.confirmed, at->second.exposure);
    for (auto const& [id, order] : orders)
        if (order.intent.side == Side::sell && order.intent.token == token &&
            !is_terminal(order.state))
            free -= order.intent.size - std::min(order.filled, order.intent.size);
    return std::max(free, Shares{});
}

bool Portfolio::is_engaged(ConditionId const& market, StrategyName const& besides) const {
    auto const holds = [&](StrategyAccount const& account) {
        return std::ranges::any_of(
                   account.positions,
                   [&](auto const& entry) { return entry.second.market == market; }
               ) ||
               std::ranges::any_of(account.orders, [&](auto const& entry) {
                   return entry.second.intent.market == market && !is_terminal(entry.second.state);
               });
    };
    return std::ranges::any_of(strategies_, [&](auto const& entry) {
        return entry.first != besides && holds(entry.second);
    });
}

void Portfolio::apply(Fact const& fact) {
    std::visit([&](auto const& body) { on(body, fact.at); }, fact.body);
}

StrategyAccount const* Portfolio::find(StrategyName const& strategy) const {
    auto const at = strategies_.find(strategy);
    return at == strategies_.end() ? nullptr : &at->second;
}

Usdc Portfolio::realised_today(StrategyName const& strategy, UtcTime now) const {
    auto const* account = find(strategy);
    return account != nullptr && account->day_ == utc_day(now) ? account->day_realised_ : Usdc{};
}

Usdc Portfolio::realised_today(UtcTime now) const {
    Usdc sum;
    for (auto const& [name, account] : strategies_)
        sum += realised_today(name, now);
    return sum;
}

namespace {

template <class Counts>
Usdc exposure_where(std::map<StrategyName, StrategyAccount> const& strategies, Counts counts) {
    Usdc sum;
    for (auto const& [name, account] : strategies) {
        for (auto const& [id, order] : account.orders)
            if (counts(order.window, order.intent.asset)) sum += order.reserved;
        for (auto const& [token, position] : account.positions)
            if (counts(position.window, position.asset)) sum += position.cost;
    }
    return sum;
}

} // namespace

Usdc Portfolio::exposure() const {
    return exposure_where(strategies_, [](auto const&, auto const&) { return true; });
}

Usdc Portfolio::exposure(Window const& window) const {
    return exposure_where(strategies_, [&](std::optional<Window> const& w, auto const&) {
        return w == window;
    });
}

Usdc Portfolio::exposure(Asset asset) const {
    return exposure_where(strategies_, [&](auto const&, std::optional<Asset> const& a) {
        return a == asset;
    });
}

void Portfolio::on(EpochOpened const& fact, UtcTime at) {
    auto& account = strategies_[fact.strategy];
    auto& epoch = account.epoch;
    // A restart opens the same epoch again; it must not give a stopped strategy its trust back.
    if (epoch.epoch != fact.epoch) account.calibration = {};
    epoch = {};
    epoch.epoch = fact.epoch;
    epoch.kind = fact.kind;
    epoch.since = at;
}

void Portfolio::on(CapitalMoved const& fact, UtcTime) {
    auto& account = strategies_[fact.strategy];
    account.capital += fact.amount;
    account.cash += fact.amount;
}

void Portfolio::on(OrderPlaced const& fact, UtcTime) {
    auto& account = strategies_[fact.intent.strategy];
    TrackedOrder order;
    order.intent = fact.intent;
    order.slug = fact.slug;
    order.window = window_of(fact.slug);
    order.reserved = fact.reserved;
    if (!account.orders.emplace(fact.order, std::move(order)).second) return;
    account.cash -= fact.reserved;
    account.reserved += fact.reserved;
}

void Portfolio::on(OrderChanged const& fact, UtcTime) {
    auto& account = strategies_[fact.strategy];
    auto at = account.orders.find(fact.order);
    if (at == account.orders.end()) {
        // Forgotten, so it was over and reserved nothing. One that comes back to life counts again.
        if (fact.reserved_left.is_zero()) return;
        at = account.orders.emplace(fact.order, TrackedOrder{}).first;
        at->second.intent.strategy = fact.strategy;
        at->second.counted_sent = at->second.counted_fill = true;
    }
    auto& order = at->second;
    auto const freed = order.reserved - fact.reserved_left;
    account.cash += freed;
    account.reserved -= freed;
    order.reserved = fact.reserved_left;
    order.state = fact.to;

    auto& fills = fills_of(account.epoch, order.intent.asset);
    if (fact.to == OrderState::sent && !order.counted_sent) {
        order.counted_sent = true;
        ++fills.sent;
    }
    if (!is_terminal(fact.to) || is_terminal(fact.from)) return;
    if (!order.counted_fill) fills.not_filled.add(fact.reason);
    account.closed_orders_.push_back(fact.order);
    if (account.closed_orders_.size() <= closed_orders_kept) return;
    auto const oldest = account.orders.find(account.closed_orders_.front());
    account.closed_orders_.pop_front();
    if (oldest != account.orders.end() && is_terminal(oldest->second.state))
        account.orders.erase(oldest);
}

void Portfolio::on(TradeMatched const& fact, UtcTime at) {
    auto& account = strategies_[fact.strategy];
    auto const& trade = fact.trade;
    std::pair const key{trade.order, trade.trade};
    if (account.unsettled_.contains(key)) return;
    auto& position = account.positions[trade.token];
    position.market = fact.market;
    position.token = trade.token;
    position.outcome = fact.outcome;

    std::optional<Asset> asset;
    auto const order = account.orders.find(trade.order);
    auto first_fill = false;
    if (order != account.orders.end()) {
        auto& o = order->second;
        asset = position.asset = o.intent.asset;
        position.window = o.window;
        auto const freed = o.reserved - fact.reserved_left;
        account.cash += freed;
        account.reserved -= freed;
        o.reserved = fact.reserved_left;
        o.filled += trade.size;
        first_fill = !std::exchange(o.counted_fill, true);
    }

    StrategyAccount::TradeEffect effect;
    effect.token = trade.token;
    effect.market = fact.market;
    effect.outcome = fact.outcome;
    effect.asset = position.asset;
    effect.window = position.window;
    effect.fee = trade.fee;
    if (trade.side == Side::buy) {
        effect.cash = -(fact.cost + trade.fee);
        effect.cost = fact.cost + trade.fee;
        effect.exposure = trade.size;
    } else {
        auto const cost = cost_share(position, trade.size);
        effect.cash = fact.cost - trade.fee;
        effect.cost = -cost;
        effect.realised = effect.cash - cost;
        effect.exposure = -trade.size;
        effect.confirmed = -trade.size;
        effect.confirmed_cost = -cost;
    }
    account.cash += effect.cash;
    account.fees += effect.fee;
    position.cost += effect.cost;
    position.exposure += effect.exposure;
    position.confirmed += effect.confirmed;
    position.confirmed_cost += effect.confirmed_cost;
    book_realised(account, effect.realised, at);

    auto& fills = fills_of(account.epoch, asset);
    ++fills.trades;
    fills.size += trade.size;
    account.epoch.fees += trade.fee;
    if (first_fill) {
        ++fills.filled;
        fills.latency_sum += fact.fill_latency;
        fills.latency_max = std::max(fills.latency_max, fact.fill_latency);
    }
    if (!fact.seen_price.is_zero()) {
        auto const worse =
            trade.side == Side::buy ? trade.price - fact.seen_price : fact.seen_price - trade.price;
        fills.slippage += cost_rounded_up(worse, trade.size);
    }
    if (trade.side == Side::sell && position.exposure.is_zero()) {
        bool const won = effect.realised.micros() >= 0;
        effect.closed = std::pair{at, won};
        count_closed(account, {at, won, trade.token, key});
    }
    account.unsettled_.emplace(key, effect);
    if (is_empty(position)) account.positions.erase(trade.token);
}

void Portfolio::on(TradeChanged const& fact, UtcTime at) {
    if (fact.to != TradeState::confirmed && fact.to != TradeState::failed) return;
    auto& account = strategies_[fact.strategy];
    auto const found = account.unsettled_.find({fact.order, fact.trade});
    if (found == account.unsettled_.end()) return;
    auto const effect = found->second;
    auto const key = found->first;
    account.unsettled_.erase(found);
    auto const order = account.orders.find(fact.order);

    if (fact.to == TradeState::confirmed) {
        auto const position = account.positions.find(effect.token);
        if (position == account.positions.end() || effect.exposure.micros() <= 0) return;
        if (effect.paid_out) return;
        position->second.confirmed += effect.exposure;
        position->second.confirmed_cost += effect.cost;
        return;
    }
    auto& position = account.positions[effect.token];
    position.token = effect.token;
    position.market = effect.market;
    position.outcome = effect.outcome;
    position.asset = effect.asset;
    position.window = effect.window;
    ++fills_of(account.epoch, effect.asset).voided;
    if (order != account.orders.end())
        order->second.filled -= effect.exposure.micros() < 0 ? -effect.exposure : effect.exposure;
    account.cash -= effect.cash;
    account.fees -= effect.fee;
    account.epoch.fees -= effect.fee;
    position.cost -= effect.cost;
    position.exposure -= effect.exposure;
    position.confirmed -= effect.confirmed;
    position.confirmed_cost -= effect.confirmed_cost;
    book_realised(account, -effect.realised, at);
    if (effect.closed) {
        take_back(account, effect.closed->first, effect.closed->second);
        auto const closed = std::ranges::find(account.closed, key, &ClosedPosition::by_trade);
        if (closed != account.closed.end()) account.closed.erase(closed);
    }
    if (is_empty(position)) account.positions.erase(effect.token);
}

void Portfolio::on(WindowSettled const&, UtcTime) {} // money moves with PositionSettled

void Portfolio::on(PositionSettled const& fact, UtcTime at) {
    auto& account = strategies_[fact.strategy];
    auto& position = account.positions[fact.token];
    position.market = fact.market;
    position.token = fact.token;
    position.outcome = fact.outcome;
    Usdc cost;
    if (!fact.size.is_zero()) {
        cost = part_of(position.cost, fact.size, position.exposure);
        position.exposure -= fact.size;
        position.cost -= cost;
        auto const left = position.exposure;
        position.confirmed =
            left.micros() <= 0 ? left : std::clamp(position.confirmed, Shares{}, left);
        position.confirmed_cost = position.confirmed.micros() <= 0
                                      ? Usdc{}
                                      : std::min(position.confirmed_cost, position.cost);
        for (auto& [key, effect] : account.unsettled_)
            if (effect.token == fact.token) effect.paid_out = true;
    }
    account.cash += fact.payout;
    book_realised(account, fact.payout - cost, at);
    count_settled(account, {at, fact.won, fact.token, std::nullopt, fact.size});
    if (is_empty(position)) account.positions.erase(fact.token);
}

void Portfolio::on(WindowEvaluated const& fact, UtcTime) {
    auto& epoch = strategies_[fact.strategy].epoch;
    if (fact.epoch != epoch.epoch) return;
    for (std::size_t r = 0; r < reason_count; ++r) {
        auto const reason = static_cast<Reason>(r);
        epoch.reasons.add(reason, fact.counts[reason]);
    }
}

void Portfolio::on(TradingStateChanged const& fact, UtcTime) {
    if (fact.asset) {
        auto& halt = asset_halts_[index_of(*fact.asset)];
        halt = fact.halted ? std::optional{fact.text} : std::nullopt;
        return;
    }
    if (fact.strategy.text.empty()) {
        halted_ = fact.halted;
        halt_reason_ = fact.reason;
        halt_text_ = fact.text;
        return;
    }
    auto& account = strategies_[fact.strategy];
    account.halted = fact.halted;
    account.halt_reason = fact.reason;
    account.halt_text = fact.text;
}

void Portfolio::on(WindowForecast const&, UtcTime) {}

void Portfolio::on(BetJudged const&, UtcTime) {}

void Portfolio::on(CalibrationChanged const& fact, UtcTime) {
    auto& account = strategies_[fact.strategy];
    if (fact.epoch != account.epoch.epoch) return;
    auto& states = account.calibration;
    (fact.asset ? states.by_asset[index_of(*fact.asset)] : states.all) = fact.to;
}

void Portfolio::on(DailyVerdict const&, UtcTime) {}

void Portfolio::on(OutcomeReported const&, UtcTime) {}

void Portfolio::on(CaptureDiffered const&, UtcTime) {}

void Portfolio::on(PayoutClaimed const& fact, UtcTime) {
    auto& account = strategies_[fact.strategy];
    auto& claim = account.claims[fact.token];
    claim.market = fact.market;
    claim.token = fact.token;
    claim.size += fact.size;
    claim.amount += fact.amount;
    account.cash -= fact.amount;
    account.redeemable += fact.amount;
    if (claim.amount.is_zero()) account.claims.erase(fact.token);
}

void Portfolio::on(RedemptionChanged const& fact, UtcTime) {
    if (is_open(fact.state))
        open_redemptions_[fact.market] = fact;
    else if (auto const at = open_redemptions_.find(fact.market);
             at != open_redemptions_.end() && at->second.redemption == fact.redemption)
        open_redemptions_.erase(at);
    std::pair const key{fact.redemption, fact.market};
    if (fact.state == RedemptionState::undone) std::erase(confirmed_, key);
    if (fact.state != RedemptionState::confirmed) return;
    confirmed_.push_back(key);
    if (confirmed_.size() > collected_kept) confirmed_.pop_front();
}

void Portfolio::on(PayoutCollected const& fact, UtcTime) {
    auto& account = strategies_[fact.strategy];
    auto& claim = account.claims[fact.token];
    claim.market = fact.market;
    claim.token = fact.token;
    claim.amount -= fact.amount;
    account.redeemable -= fact.amount;
    account.cash += fact.amount;
    if (claim.amount.is_zero()) account.claims.erase(fact.token);
    collected_.push_back(fact);
    if (collected_.size() > collected_kept) collected_.pop_front();
}

void Portfolio::on(WalletMoved const& fact, UtcTime) {
    unassigned_ += fact.amount;
}

void Portfolio::book_realised(StrategyAccount& account, Usdc amount, UtcTime at) {
    if (auto const day = utc_day(at); day != account.day_) {
        account.day_ = day;
        account.day_realised_ = {};
    }
    account.day_realised_ += amount;
    account.realised += amount;
    account.epoch.realised += amount;
}

std::optional<std::string> Portfolio::audit() const {
    for (auto const& [name, a] : strategies_) {
        auto const held = a.cash + a.reserved + a.redeemable + a.position_cost();
        if (held != a.capital + a.realised)
            return fmt::format(
                "{}: cash {} + reserved {} + redeemable {} + positions {} = {} but capital {} + "
                "realised {} = {}",
                name.text,
                to_string(a.cash),
                to_string(a.reserved),
                to_string(a.redeemable),
                to_string(a.position_cost()),
                to_string(held),
                to_string(a.capital),
                to_string(a.realised),
                to_string(a.capital + a.realised)
            );
        Usdc reserved;
        for (auto const& [id, order] : a.orders) {
            reserved += order.reserved;
            if (order.reserved.micros() < 0)
                return fmt::format(
                    "{}: order {} reserves {}", name.text, short_text(id), to_string(order.reserved)
                );
            if (is_terminal(order.state) && !order.reserved.is_zero())
                return fmt::format(
                    "{}: order {} is {} and still reserves {}",
                    name.text,
                    short_text(id),
                    to_string(order.state),
                    to_string(order.reserved)
                );
            // A market buy names its money: at better prices it gets more shares.
            auto const in_money =
                order.intent.side == Side::buy &&
                (order.intent.tif == TimeInForce::fok || order.intent.tif == TimeInForce::fak);
            if (order.filled.micros() < 0 || (!in_money && order.filled > order.intent.size))
                return fmt::format(
                    "{}: order {} for {} shares has {} filled",
                    name.text,
                    short_text(id),
                    to_string(order.intent.size),
                    to_string(order.filled)
                );
        }
        if (reserved != a.reserved)
            return fmt::format(
                "{}: {} is reserved but the orders say {}",
                name.text,
                to_string(a.reserved),
                to_string(reserved)
            );
        Usdc claimed;
        for (auto const& [token, claim] : a.claims)
            claimed += claim.amount;
        if (claimed != a.redeemable)
            return fmt::format(
                "{}: {} is redeemable but the claims say {}",
                name.text,
                to_string(a.redeemable),
                to_string(claimed)
            );
        for (auto const& [token, p] : a.positions)
            if (p.exposure.micros() < 0 || p.cost.micros() < 0 || p.confirmed > p.exposure ||
                p.confirmed_cost.micros() < 0 || p.confirmed_cost > p.cost)
                return fmt::format(
                    "{}: position in {} has {} shares, {} confirmed, cost {}",
                    name.text,
                    short_text(token),
                    to_string(p.exposure),
                    to_string(p.confirmed),
                    to_string(p.cost)
                );
    }
    return std::nullopt;
}

} // namespace polyquant::execution
