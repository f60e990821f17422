#include "connectors/polymarket/clob/order_memory.hpp"

#include <algorithm>

namespace polyquant::polymarket {

namespace {

using Status = OrderReport::Status;

// The taker delay is a fraction of a second; an order still nowhere after this ended without match.
constexpr Nanos delayed_max = Seconds{5};
// Trades of one order are listed within moments; after this what is there is all there will be.
constexpr Nanos listing_max = Seconds{60};
// The venue's list may be a moment behind its engine.
constexpr int absent_needed = 2;
// Matched sizes may miss up to a hundredth of a share.
constexpr auto dust = Shares::from_micros(10'000);

bool is_market_type(PlaceOrder const& order) {
    return order.tif == TimeInForce::fok || order.tif == TimeInForce::fak;
}

} // namespace

OrderMemory::Entry& OrderMemory::entry_of(OrderId const& id) {
    auto const [at, fresh] = orders_.try_emplace(id);
    if (fresh) {
        age_.push_back(id);
        if (age_.size() > orders_max_) {
            orders_.erase(age_.front());
            age_.pop_front();
        }
    }
    return at->second;
}

void OrderMemory::remember(OrderId const& id, PlaceOrder const& intent, UtcTime now) {
    auto& entry = entry_of(id);
    entry.intent = intent;
    entry.posted_at = now;
}

void OrderMemory::on_answer(
    OrderId const& id, OrderReport::Status status, std::vector<TradeId> const& trades
) {
    auto& entry = entry_of(id);
    entry.accepted = true;
    entry.last_status = status;
    entry.announced.insert(trades.begin(), trades.end());
}

void OrderMemory::on(OrderReport const& report) {
    auto const at = orders_.find(report.order);
    if (at == orders_.end()) return;
    at->second.accepted = true;
    at->second.last_status = report.status;
}

void OrderMemory::on(TradeReport const& trade) {
    auto const at = orders_.find(trade.order);
    if (at == orders_.end()) return;
    at->second.accepted = true;
    if (at->second.seen.insert(trade.trade).second) at->second.filled += trade.size;
}

OrderMemory::Entry const* OrderMemory::find(OrderId const& id) const {
    auto const at = orders_.find(id);
    return at == orders_.end() ? nullptr : &at->second;
}

bool OrderMemory::may_rest() const {
    return std::ranges::any_of(orders_, [](auto const& at) {
        auto const& entry = at.second;
        if (is_market_type(entry.intent) || entry.filled + dust >= entry.intent.size) return false;
        auto const last = entry.last_status.value_or(Status::live);
        return last != Status::cancelled && last != Status::rejected && last != Status::unmatched;
    });
}

void OrderMemory::on_active(OrderId const& id) {
    auto const at = orders_.find(id);
    if (at == orders_.end()) return;
    at->second.accepted = true;
    at->second.absent = 0;
}

OrderReport OrderMemory::conclude(OrderId const& id, UtcTime now) {
    OrderReport report;
    report.order = id;
    report.status = Status::not_found;
    auto const at = orders_.find(id);
    if (at == orders_.end()) return report;
    auto& entry = at->second;
    ++entry.absent;
    report.matched = entry.filled;
    if (!entry.accepted) return report;

    auto const age = now - entry.posted_at;
    auto const all_listed = std::ranges::includes(entry.seen, entry.announced);
    report.status = Status::live;
    if (!all_listed && age < listing_max) return report;
    if (!entry.filled.is_zero()) {
        auto const whole = entry.filled + dust >= entry.intent.size;
        // A FOK fills as a whole: a part means that the other parts are not listed yet.
        auto const part_of_fok = entry.intent.tif == TimeInForce::fok && !whole;
        if (part_of_fok && age < listing_max) return report;
        if (whole)
            report.status = is_market_type(entry.intent) ? Status::matched : Status::cancelled;
        else if (entry.absent >= absent_needed)
            report.status = Status::cancelled;
        return report;
    }
    switch (entry.last_status.value_or(Status::live)) {
    case Status::delayed:
        report.status = age < delayed_max ? Status::delayed : Status::unmatched;
        break;
    case Status::matched:
        if (age >= listing_max) report.status = Status::unmatched;
        break;
    case Status::unmatched:
    case Status::cancelled:
    case Status::rejected: report.status = *entry.last_status; break;
    case Status::live:
    case Status::not_found:
        if (entry.absent >= absent_needed) report.status = Status::cancelled;
        break;
    }
    if (report.status == Status::unmatched) report.reason = Reason::not_filled;
    return report;
}

} // namespace polyquant::polymarket
