#include "connectors/polymarket/gamma/discovery_plan.hpp"

#include <algorithm>

namespace polyquant::polymarket {

namespace {

// Every window of every series begins on this grid.
constexpr Seconds grid{300};
// A window about to begin, or begun, is asked for at this rate at least.
constexpr Nanos urgent_retry_max = Seconds{5};
constexpr Nanos urgent_within = Seconds{120};

} // namespace

DiscoveryPlan::DiscoveryPlan(DiscoveryLimits limits, net::Random random)
    : limits_{std::move(limits)}, random_{std::move(random)} {}

std::vector<DiscoveryTarget> DiscoveryPlan::refresh(UtcTime now) {
    std::vector<DiscoveryTarget> over;
    std::erase_if(targets_, [&](auto const& entry) {
        if (entry.second.window.end() > now) return false;
        over.push_back(entry.second);
        return true;
    });
    for (auto const asset : limits_.assets) {
        for (auto const series : limits_.series) {
            for (auto window = window_of(series, now); window.start <= now + limits_.ahead;
                 window = window_of(series, window.end())) {
                auto slug = slug_of(series, asset, window);
                if (targets_.contains(slug)) continue;
                DiscoveryTarget target;
                target.series = series;
                target.asset = asset;
                target.window = window;
                target.slug = slug;
                target.next_at = out_of_quiet(target, now);
                targets_.emplace(std::move(slug), std::move(target));
            }
        }
    }
    return over;
}

// A window in progress waits for nothing: every second without it is a second not traded.
UtcTime DiscoveryPlan::out_of_quiet(DiscoveryTarget const& target, UtcTime at) const {
    if (at >= target.window.start) return at;
    auto const before = window_at(at, grid);
    auto const free_from = before.start + limits_.quiet_after;
    auto const free_until = before.end() - limits_.quiet_before;
    if (at >= free_from && at < free_until) return at;
    auto const boundary = at < free_from ? before.start : before.end();
    return boundary + limits_.quiet_after + net::uniform_up_to(Seconds{2}, random_);
}

DiscoveryTarget const* DiscoveryPlan::due(Asset asset, UtcTime now) const {
    DiscoveryTarget const* best = nullptr;
    for (auto const& [slug, target] : targets_) {
        if (target.asset != asset || target.state == DiscoveryTarget::State::listed) continue;
        if (target.next_at > now) continue;
        if (!best || target.window.start < best->window.start) best = &target;
    }
    return best;
}

std::optional<UtcTime> DiscoveryPlan::next_at(Asset asset) const {
    std::optional<UtcTime> earliest;
    for (auto const& [slug, target] : targets_) {
        if (target.asset != asset || target.state == DiscoveryTarget::State::listed) continue;
        if (!earliest || target.next_at < *earliest) earliest = target.next_at;
    }
    return earliest;
}

void DiscoveryPlan::listed(std::string const& slug) {
    auto const found = targets_.find(slug);
    if (found == targets_.end()) return;
    found->second.state = DiscoveryTarget::State::listed;
    found->second.reason.clear();
}

bool DiscoveryPlan::refused(std::string const& slug, std::string reason, UtcTime now) {
    auto const found = targets_.find(slug);
    if (found == targets_.end()) return false;
    auto& target = found->second;
    bool const is_news = target.state != DiscoveryTarget::State::refused || target.reason != reason;
    target.state = DiscoveryTarget::State::refused;
    target.reason = std::move(reason);
    ++target.attempts;
    target.next_at = out_of_quiet(target, now + limits_.refused_retry);
    return is_news;
}

void DiscoveryPlan::postponed(std::string const& slug, std::string reason, UtcTime now) {
    auto const found = targets_.find(slug);
    if (found == targets_.end()) return;
    auto& target = found->second;
    if (target.state != DiscoveryTarget::State::refused) target.reason = std::move(reason);
    auto const is_urgent = target.window.start - now < urgent_within;
    auto const most = is_urgent ? std::min(limits_.retry_max, urgent_retry_max) : limits_.retry_max;
    auto const wait = net::doubled(limits_.retry_min, target.attempts, most);
    ++target.attempts;
    target.next_at = out_of_quiet(target, now + wait / 2 + net::uniform_up_to(wait / 2, random_));
}

DiscoveryTarget const* DiscoveryPlan::current(Asset asset, WindowSeries series, UtcTime now) const {
    auto const found = targets_.find(slug_of(series, asset, window_of(series, now)));
    return found == targets_.end() ? nullptr : &found->second;
}

} // namespace polyquant::polymarket
