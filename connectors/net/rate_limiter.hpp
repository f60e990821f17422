// How often a venue may be asked, known before it has to say no.
#pragma once

#include "connectors/net/http_message.hpp"
#include "engine/core/time.hpp"

#include <cstdint>
#include <optional>

namespace polyquant::net {

// `burst` calls at once, then one every `per_token`. burst == 0: no limit of its own.
struct TokenRate {
    int burst = 0;
    Nanos per_token{0};

    // "900 per 10 s": a bucket that holds all of them.
    static TokenRate of(int tokens, Nanos period) { return {tokens, period / tokens}; }
};

// Pure: integer arithmetic on instants, no clock inside. The bucket is kept as the instant at which
// it will be full again (the generic cell rate algorithm), so it needs no refilling.
class RateLimiter {
public:
    explicit RateLimiter(TokenRate rate, int weight_per_minute = 0);

    // When `cost` tokens can be taken: `now` or later. Instant::max() when the cost is more than
    // the bucket ever holds.
    Instant ready_at(int cost, Instant now) const;
    // Takes them, whether ready or not.
    void take(int cost, Instant now);

    // What an answer's headers say of the budget at the venue; only ever lowers ours:
    //   Poly-RateLimit-Remaining, Poly-RateLimit-Reset (unix seconds)
    //   X-MBX-USED-WEIGHT-1M (against weight_per_minute; the minute of the venue's UTC clock)
    //   Retry-After on 429, 418, 425 and 503
    // A 429 or 418 without Retry-After pauses for `pause_default`.
    void observe(HttpResponse const& response, Instant now, UtcTime utc_now);

    // No token before `until`.
    void block_until(Instant until);

    // Whole tokens that could be taken now; what a status page shows.
    int available(Instant now) const;

    Instant blocked_until() const { return blocked_until_; }

    static constexpr Nanos pause_default = Seconds{5};
    // A Reset further ahead than this is taken for a mistake and cut to it.
    static constexpr Nanos reset_max = Seconds{120};

private:
    void lower_to(int tokens, Instant now);
    void observe_remaining(HttpResponse const& response, Instant now, UtcTime utc_now);
    void observe_weight(HttpResponse const& response, Instant now, UtcTime utc_now);

    TokenRate rate_;
    int weight_per_minute_;
    Instant full_at_{};
    Instant blocked_until_{};
};

} // namespace polyquant::net
