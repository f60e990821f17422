// What calls of one kind to one venue share: a rate budget and a circuit breaker.
#pragma once

#include "connectors/net/rate_limiter.hpp"
#include "engine/runtime/circuit_breaker.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>

namespace polyquant::net {

struct EndpointGroup {
    RateLimiter limiter;
    runtime::CircuitBreaker breaker;
};

struct GroupLimits {
    TokenRate rate{};
    int weight_per_minute = 0; // Binance's kind of budget; 0: none
    runtime::CircuitBreaker::Limits breaker{};
};

class EndpointGroups {
public:
    // Called at each change of a breaker, to publish it as BreakerChanged.
    using OnChange = std::function<void(std::string const& group, BreakerState state)>;

    explicit EndpointGroups(OnChange on_change = {}) : on_change_{std::move(on_change)} {}

    void add(std::string name, GroupLimits const& limits);
    // Null for the empty name; a name nobody added is a bug.
    EndpointGroup* find(std::string const& name);

    // Asks the breaker; a true must be followed by record().
    bool allow(std::string const& name, Instant now);
    void record(std::string const& name, std::optional<Fault> fault, Instant now);
    // What became of a call that was sent, or was not for its breaker: "200", "timeout".
    void count(std::string const& name, std::string outcome);

    // Calls by group and outcome since the start.
    using Calls = std::map<std::pair<std::string, std::string>, std::uint64_t>;

    Calls const& calls() const { return calls_; }

    // Reports what changes by time alone: an open breaker that may try again. Call it now and then.
    void report_changes(Instant now);

private:
    void report(std::string const& name, EndpointGroup& group, Instant now);

    OnChange on_change_;
    std::map<std::string, EndpointGroup> groups_;
    Calls calls_;
};

} // namespace polyquant::net
