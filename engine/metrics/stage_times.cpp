#include "engine/metrics/stage_times.hpp"

#include <cstdlib>

namespace polyquant::metrics {

namespace {

// Orders and fills whose end never comes are forgotten, the oldest id first.
constexpr std::size_t kept_max = 4'096;

template <class Map>
void bound(Map& map) {
    if (map.size() > kept_max) map.erase(map.begin());
}

bool is_answer(OrderState state) {
    return state == OrderState::live || state == OrderState::delayed ||
           state == OrderState::partially_filled || state == OrderState::matched ||
           state == OrderState::cancelled || state == OrderState::rejected;
}

} // namespace

std::string_view to_string(StageOfWork stage) {
    switch (stage) {
    case StageOfWork::parse: return "parse";
    case StageOfWork::features: return "features";
    case StageOfWork::decision: return "decision";
    case StageOfWork::sent: return "sent";
    case StageOfWork::acknowledged: return "acknowledged";
    case StageOfWork::matched: return "matched";
    case StageOfWork::confirmed: return "confirmed";
    }
    std::abort();
}

void StageTimes::note_engine_time(StageOfWork stage, Nanos took) {
    auto const real = static_cast<double>(took.count()) / clock_factor_;
    note(stage, Nanos{static_cast<std::int64_t>(real)});
}

void StageTimes::on(Fact const& fact) {
    if (auto const* placed = std::get_if<OrderPlaced>(&fact.body)) {
        orders_[placed->order] = {placed->intent.decided_at, {}, false, false};
        bound(orders_);
    } else if (auto const* change = std::get_if<OrderChanged>(&fact.body)) {
        on_order(*change, fact.at);
    } else if (auto const* fill = std::get_if<TradeMatched>(&fact.body)) {
        if (auto* const order = find(fill->trade.order);
            order != nullptr && order->sent_at && !order->filled) {
            order->filled = true;
            note_engine_time(StageOfWork::matched, fact.at - *order->sent_at);
        }
        fills_[fill->trade.trade] = fact.at;
        bound(fills_);
    } else if (auto const* moved = std::get_if<TradeChanged>(&fact.body)) {
        if (moved->to != TradeState::confirmed && moved->to != TradeState::failed) return;
        auto const known = fills_.find(moved->trade);
        if (known == fills_.end()) return;
        if (moved->to == TradeState::confirmed)
            note_engine_time(StageOfWork::confirmed, fact.at - known->second);
        fills_.erase(known);
    }
}

void StageTimes::on_order(OrderChanged const& change, UtcTime at) {
    auto* const order = find(change.order);
    if (order == nullptr) return;
    if (change.to == OrderState::sent && !order->sent_at) {
        order->sent_at = at;
        note_engine_time(StageOfWork::sent, at - order->decided_at);
    } else if (is_answer(change.to) && order->sent_at && !order->answered) {
        order->answered = true;
        note_engine_time(StageOfWork::acknowledged, at - *order->sent_at);
    }
    if (is_terminal(change.to)) orders_.erase(change.order);
}

StageTimes::Order* StageTimes::find(OrderId const& id) {
    auto const found = orders_.find(id);
    return found == orders_.end() ? nullptr : &found->second;
}

} // namespace polyquant::metrics
