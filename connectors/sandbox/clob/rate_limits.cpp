#include "connectors/sandbox/clob/rate_limits.hpp"

#include <algorithm>
#include <array>

namespace polyquant::sandbox {

namespace {

struct EndpointLimit {
    std::string_view method;
    std::string_view path; // a prefix when it ends with '/'
    double per_ten_seconds;
};

// Documented state of the summer of 2026. The first that fits counts.
constexpr std::array endpoint_limits{
    EndpointLimit{"POST", "/order", 5000},
    EndpointLimit{"DELETE", "/order", 5000},
    EndpointLimit{"POST", "/orders", 2000},
    EndpointLimit{"DELETE", "/orders", 2000},
    EndpointLimit{"DELETE", "/cancel-all", 250},
    EndpointLimit{"DELETE", "/cancel-market-orders", 1500},
    EndpointLimit{"GET", "/book", 1500},
    EndpointLimit{"GET", "/price", 1500},
    EndpointLimit{"GET", "/midpoint", 1500},
    EndpointLimit{"POST", "/books", 500},
    EndpointLimit{"POST", "/prices", 500},
    EndpointLimit{"POST", "/midpoints", 500},
    EndpointLimit{"GET", "/prices-history", 1000},
    EndpointLimit{"GET", "/tick-size", 200},
    EndpointLimit{"GET", "/balance-allowance", 200},
    EndpointLimit{"GET", "/balance-allowance/update", 50},
    EndpointLimit{"GET", "/data/orders", 500},
    EndpointLimit{"GET", "/data/trades", 500},
    EndpointLimit{"GET", "/data/order/", 900},
    EndpointLimit{"GET", "/notifications", 900},
    EndpointLimit{"", "/auth/", 100},
    EndpointLimit{"GET", "/ok", 100},
    EndpointLimit{"", "/", 9000},
};

bool fits(EndpointLimit const& limit, std::string_view method, std::string_view path) {
    if (!limit.method.empty() && limit.method != method) return false;
    return limit.path.ends_with('/') ? path.starts_with(limit.path) : path == limit.path;
}

RateVerdict verdict_of(TokenBucket& bucket, double cost, UtcTime now) {
    RateVerdict verdict;
    verdict.retry_after = bucket.take(cost, now);
    verdict.remaining = static_cast<std::int64_t>(bucket.left());
    verdict.reset_unix = unix_seconds(now + bucket.refilled_in() + Millis{999});
    verdict.warning = bucket.left() <= bucket.burst() / 5;
    return verdict;
}

} // namespace

std::optional<Nanos> TokenBucket::take(double cost, UtcTime now) {
    auto const passed = at_ ? std::chrono::duration<double>(now - *at_).count() : 0.0;
    if (!at_ || now > *at_) at_ = now;
    left_ = std::min(burst_, left_ + std::max(passed, 0.0) * per_second_);
    if (left_ >= cost) {
        left_ -= cost;
        return std::nullopt;
    }
    return std::chrono::ceil<Nanos>(
        std::chrono::duration<double>((std::min(cost, burst_) - left_) / per_second_)
    );
}

Nanos TokenBucket::refilled_in() const {
    return std::chrono::ceil<Nanos>(std::chrono::duration<double>((burst_ - left_) / per_second_));
}

RateVerdict RateLimits::request(std::string_view method, std::string_view path, UtcTime now) {
    for (auto const& limit : endpoint_limits) {
        if (!fits(limit, method, path)) continue;
        auto name = std::string{limit.method} + std::string{limit.path};
        auto const [at, fresh] = endpoints_.try_emplace(
            std::move(name), limit.per_ten_seconds / 10, limit.per_ten_seconds
        );
        RateVerdict verdict;
        verdict.retry_after = at->second.take(1, now);
        return verdict;
    }
    return {};
}

RateVerdict RateLimits::orders(crypto::Address const& signer, double count, UtcTime now) {
    return verdict_of(orders_.try_emplace(signer, 40, 60).first->second, count, now);
}

RateVerdict RateLimits::cancels(crypto::Address const& signer, double count, UtcTime now) {
    return verdict_of(cancels_.try_emplace(signer, 80, 120).first->second, count, now);
}

} // namespace polyquant::sandbox
