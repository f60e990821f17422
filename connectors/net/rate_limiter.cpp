#include "connectors/net/rate_limiter.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace polyquant::net {

namespace {

std::optional<std::int64_t> number_header(HttpResponse const& response, std::string_view name) {
    auto const text = response.header(name);
    if (!text) return std::nullopt;
    std::int64_t value = 0;
    auto const [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    // "39.5" is a number of tokens too: its whole part counts.
    if (error != std::errc{} || (end != text->data() + text->size() && *end != '.')) {
        return std::nullopt;
    }
    return value;
}

} // namespace

RateLimiter::RateLimiter(TokenRate rate, int weight_per_minute)
    : rate_{rate}, weight_per_minute_{weight_per_minute} {
    ENSURE(rate.burst >= 0 && rate.per_token >= Nanos{0}, "a token rate is not negative");
    ENSURE(rate.burst == 0 || rate.per_token > Nanos{0}, "a limited bucket refills at some pace");
}

Instant RateLimiter::ready_at(int cost, Instant now) const {
    auto ready = std::max(now, blocked_until_);
    if (rate_.burst == 0) return ready;
    if (cost > rate_.burst) return Instant::max();
    // After taking `cost` the bucket is full at full_at_ + cost * per_token, which may lie at most
    // burst * per_token ahead.
    auto const room_at = full_at_ - rate_.per_token * (rate_.burst - cost);
    return std::max(ready, room_at);
}

void RateLimiter::take(int cost, Instant now) {
    if (rate_.burst == 0) return;
    full_at_ = std::max(full_at_, now) + rate_.per_token * cost;
}

void RateLimiter::observe(HttpResponse const& response, Instant now, UtcTime utc_now) {
    observe_remaining(response, now, utc_now);
    observe_weight(response, now, utc_now);
    auto const status = response.status;
    auto const refused = status == 429 || status == 418;
    auto const wait = retry_after(response, utc_now);
    if (wait && (refused || status == 425 || status == 503))
        block_until(now + *wait);
    else if (refused)
        block_until(now + pause_default);
}

void RateLimiter::block_until(Instant until) {
    blocked_until_ = std::max(blocked_until_, until);
}

int RateLimiter::available(Instant now) const {
    if (now < blocked_until_) return 0;
    if (rate_.burst == 0) return std::numeric_limits<int>::max();
    if (full_at_ <= now) return rate_.burst;
    auto const missing = (full_at_ - now + rate_.per_token - Nanos{1}) / rate_.per_token;
    return static_cast<int>(std::max<std::int64_t>(0, rate_.burst - missing));
}

void RateLimiter::lower_to(int tokens, Instant now) {
    if (rate_.burst == 0) return;
    tokens = std::clamp(tokens, 0, rate_.burst);
    full_at_ = std::max(full_at_, now + rate_.per_token * (rate_.burst - tokens));
}

void RateLimiter::observe_remaining(HttpResponse const& response, Instant now, UtcTime utc_now) {
    auto const remaining = number_header(response, "Poly-RateLimit-Remaining");
    if (!remaining) return;
    lower_to(static_cast<int>(std::clamp<std::int64_t>(*remaining, 0, 1'000'000)), now);
    auto const reset = number_header(response, "Poly-RateLimit-Reset");
    if (*remaining > 0 || !reset) return;
    constexpr std::int64_t year_2200 = 7'258'118'400;
    if (*reset < 0 || *reset > year_2200) return;
    auto const wait = utc_from_seconds(*reset) - utc_now;
    if (wait > Nanos{0}) block_until(now + std::min<Nanos>(wait, reset_max));
}

void RateLimiter::observe_weight(HttpResponse const& response, Instant now, UtcTime utc_now) {
    if (weight_per_minute_ == 0) return;
    auto const used = number_header(response, "X-MBX-USED-WEIGHT-1M");
    if (!used) return;
    // The address may be shared with other programs, so the last tenth stays untouched.
    auto const most = static_cast<std::int64_t>(weight_per_minute_) * 9 / 10;
    if (*used < most) return;
    auto const minute_end =
        std::chrono::floor<std::chrono::minutes>(utc_now) + std::chrono::minutes{1};
    block_until(now + (minute_end - utc_now));
}

} // namespace polyquant::net
