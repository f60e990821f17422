#include "connectors/net/endpoint_groups.hpp"

namespace polyquant::net {

void EndpointGroups::add(std::string name, GroupLimits const& limits) {
    ENSURE(!name.empty(), "an endpoint group has a name");
    EndpointGroup group{
        RateLimiter{limits.rate, limits.weight_per_minute}, runtime::CircuitBreaker{limits.breaker}
    };
    auto const added = groups_.emplace(std::move(name), std::move(group)).second;
    ENSURE(added, "an endpoint group is added once");
}

EndpointGroup* EndpointGroups::find(std::string const& name) {
    if (name.empty()) return nullptr;
    auto const found = groups_.find(name);
    ENSURE(found != groups_.end(), "a request names an endpoint group that was added");
    return &found->second;
}

bool EndpointGroups::allow(std::string const& name, Instant now) {
    auto* const group = find(name);
    if (group == nullptr) return true;
    auto const allowed = group->breaker.allow(now);
    report(name, *group, now);
    return allowed;
}

void EndpointGroups::record(std::string const& name, std::optional<Fault> fault, Instant now) {
    auto* const group = find(name);
    if (group == nullptr) return;
    group->breaker.record(fault, now);
    report(name, *group, now);
}

void EndpointGroups::count(std::string const& name, std::string outcome) {
    ++calls_[{name.empty() ? "other" : name, std::move(outcome)}];
}

void EndpointGroups::report_changes(Instant now) {
    for (auto& [name, group] : groups_)
        report(name, group, now);
}

void EndpointGroups::report(std::string const& name, EndpointGroup& group, Instant now) {
    auto const change = group.breaker.take_change(now);
    if (change && on_change_) on_change_(name, *change);
}

} // namespace polyquant::net
