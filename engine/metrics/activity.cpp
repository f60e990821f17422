#include "engine/metrics/activity.hpp"

#include <algorithm>

namespace polyquant::metrics {

namespace {

constexpr std::size_t orders_kept = 4'096;

template <class... F>
struct Each : F... {
    using F::operator()...;
};

} // namespace

FieldActivity& Activity::at(StrategyName const& strategy, std::optional<Asset> asset) {
    return fields_[{strategy.text, asset ? std::string{to_string(*asset)} : "other"}];
}

void Activity::remember(ConditionId const& market, std::optional<Asset> asset) {
    if (!markets_.insert_or_assign(market, asset).second) return;
    newest_.push_back(market);
    if (newest_.size() <= markets_kept) return;
    markets_.erase(newest_.front());
    newest_.pop_front();
}

std::optional<Asset> Activity::asset_of(ConditionId const& market) const {
    auto const known = markets_.find(market);
    return known == markets_.end() ? std::nullopt : known->second;
}

void Activity::add_recent(OrderPlaced const& placed, UtcTime at) {
    auto const& intent = placed.intent;
    RecentOrder order;
    order.order = placed.order;
    order.at = at;
    order.strategy = intent.strategy.text;
    order.slug = placed.slug;
    order.outcome = intent.outcome;
    order.side = intent.side;
    order.limit = intent.limit;
    order.size = intent.size;
    recent_.push_front(std::move(order));
    if (recent_.size() > recent_max) recent_.pop_back();
}

RecentOrder* Activity::find_recent(OrderId const& order) {
    auto const found = std::ranges::find(recent_, order, &RecentOrder::order);
    return found == recent_.end() ? nullptr : &*found;
}

void Activity::on(Fact const& fact) {
    std::visit(
        Each{
            [this, &fact](OrderPlaced const& f) {
                add_recent(f, fact.at);
                remember(f.intent.market, f.intent.asset);
                orders_[f.order] = {f.intent.asset, false};
                if (orders_.size() > orders_kept) orders_.erase(orders_.begin());
                ++at(f.intent.strategy, f.intent.asset).orders;
            },
            [this](OrderChanged const& f) {
                if (auto* const recent = find_recent(f.order)) {
                    recent->state = f.to;
                    recent->reason = f.reason;
                }
                // Confirmed and failed speak of fills; only these end an order without one.
                if (f.to != OrderState::cancelled && f.to != OrderState::rejected) return;
                auto const known = orders_.find(f.order);
                if (known == orders_.end()) return;
                if (!known->second.filled)
                    ++at(f.strategy, known->second.asset).not_filled[f.reason];
                orders_.erase(known);
            },
            [this](TradeMatched const& f) {
                auto& field = at(f.strategy, asset_of(f.market));
                ++field.fills;
                (f.trade.side == Side::buy ? field.bought : field.sold) += f.cost;
                field.fees += f.trade.fee;
                if (auto* const recent = find_recent(f.trade.order)) {
                    recent->filled += f.trade.size;
                    recent->cost += f.cost;
                }
                if (auto const known = orders_.find(f.trade.order);
                    known != orders_.end() && !known->second.filled) {
                    known->second.filled = true;
                    ++field.orders_filled;
                }
            },
            [this](WindowSettled const& f) {
                remember(f.market, f.asset);
                ++windows_settled_;
            },
            [this](PositionSettled const& f) {
                auto& field = at(f.strategy, asset_of(f.market));
                field.settled_profit += f.payout - f.cost;
                if (f.size > Shares{}) ++(f.won ? field.won : field.lost);
            },
            [this](WindowEvaluated const& f) {
                auto& field = at(f.strategy, f.asset);
                for (std::size_t i = 0; i < reason_count; ++i) {
                    auto const reason = static_cast<Reason>(i);
                    if (auto const n = f.counts[reason]; n > 0) field.evaluations[reason] += n;
                }
            },
            [](auto const&) {},
        },
        fact.body
    );
}

} // namespace polyquant::metrics
