#include "connectors/net/rate_limiter.hpp"
#include "tests/support/catch.hpp"

#include <limits>
#include <random>

using namespace polyquant;
using namespace polyquant::net;

namespace {

Instant const start{Seconds{1000}};
UtcTime const utc_start = utc_from_seconds(1'776'081'610); // ten seconds into a minute

HttpResponse answer(int status, Headers headers) {
    return {status, std::move(headers), {}};
}

} // namespace

TEST_CASE("RateLimiter lets a burst through, then one token per interval", "[net][rate]") {
    RateLimiter limiter{{3, Millis{100}}};

    for (auto i = 0; i < 3; ++i) {
        CHECK(limiter.ready_at(1, start) == start);
        limiter.take(1, start);
    }

    CHECK(limiter.available(start) == 0);
    CHECK(limiter.ready_at(1, start) == start + Millis{100});
    CHECK(limiter.ready_at(2, start) == start + Millis{200});
    CHECK(limiter.ready_at(1, start + Millis{100}) == start + Millis{100});
}

TEST_CASE("RateLimiter refills up to its burst and no further", "[net][rate]") {
    RateLimiter limiter{{2, Millis{100}}};
    limiter.take(2, start);

    auto const later = start + Seconds{60};

    CHECK(limiter.available(later) == 2);
    limiter.take(2, later);
    CHECK(limiter.ready_at(1, later) == later + Millis{100});
}

TEST_CASE("RateLimiter says that a cost above the burst can never succeed", "[net][rate]") {
    RateLimiter const limiter{{2, Millis{100}}};

    CHECK(limiter.ready_at(3, start) == Instant::max());
}

TEST_CASE("RateLimiter without a rate only obeys the venue", "[net][rate]") {
    RateLimiter limiter{TokenRate{}};
    limiter.take(1'000'000, start);

    CHECK(limiter.ready_at(1, start) == start);
    CHECK(limiter.available(start) == std::numeric_limits<int>::max());
    limiter.observe(answer(429, {{"Retry-After", "7"}}), start, utc_start);
    CHECK(limiter.ready_at(1, start) == start + Seconds{7});
}

TEST_CASE("RateLimiter never lets more through than rate and burst allow", "[net][rate]") {
    std::mt19937 random{7};
    RateLimiter limiter{{5, Millis{50}}};
    auto now = start;
    auto taken = 0;

    for (auto i = 0; i < 2000; ++i) {
        now += Millis{random() % 60};
        auto const cost = static_cast<int>(random() % 5) + 1;
        if (limiter.ready_at(cost, now) > now) continue;
        limiter.take(cost, now);
        taken += cost;
        REQUIRE(taken <= 5 + (now - start) / Millis{50});
    }
    CHECK(taken > 1000);
}

TEST_CASE("RateLimiter believes the venue when it counts less than we do", "[net][rate]") {
    RateLimiter limiter{{60, Millis{25}}};

    limiter.observe(answer(200, {{"Poly-RateLimit-Remaining", "2"}}), start, utc_start);

    CHECK(limiter.available(start) == 2);
    CHECK(limiter.ready_at(3, start) == start + Millis{25});
}

TEST_CASE("RateLimiter ignores a venue that counts more than we do", "[net][rate]") {
    RateLimiter limiter{{10, Seconds{1}}};
    limiter.take(9, start);

    limiter.observe(answer(200, {{"poly-ratelimit-remaining", "55"}}), start, utc_start);

    CHECK(limiter.available(start) == 1);
}

TEST_CASE("RateLimiter waits for the reset when nothing remains", "[net][rate]") {
    RateLimiter limiter{{10, Millis{1}}};
    Headers const headers{
        {"Poly-RateLimit-Remaining", "0"}, {"Poly-RateLimit-Reset", "1776081614"}
    };

    limiter.observe(answer(200, headers), start, utc_start);

    CHECK(limiter.ready_at(1, start) == start + Seconds{4});
    CHECK(limiter.available(start + Seconds{4}) == 10);
}

TEST_CASE("RateLimiter takes a reset far ahead for a mistake", "[net][rate]") {
    RateLimiter limiter{{10, Millis{1}}};
    Headers const headers{
        {"Poly-RateLimit-Remaining", "0"}, {"Poly-RateLimit-Reset", "1776999999"}
    };

    limiter.observe(answer(200, headers), start, utc_start);

    CHECK(limiter.blocked_until() == start + RateLimiter::reset_max);
}

TEST_CASE("RateLimiter stays below the weight of the minute", "[net][rate]") {
    RateLimiter limiter{TokenRate{}, 6000};

    limiter.observe(answer(200, {{"X-MBX-USED-WEIGHT-1M", "5399"}}), start, utc_start);
    CHECK(limiter.ready_at(1, start) == start);
    limiter.observe(answer(200, {{"x-mbx-used-weight-1m", "5400"}}), start, utc_start);

    CHECK(limiter.ready_at(1, start) == start + Seconds{50});
}

TEST_CASE("RateLimiter pauses after a refusal that names no time", "[net][rate]") {
    RateLimiter limiter{{10, Millis{1}}};

    limiter.observe(answer(418, {}), start, utc_start);

    CHECK(limiter.ready_at(1, start) == start + RateLimiter::pause_default);
}

TEST_CASE("RateLimiter obeys Retry-After only where it means us", "[net][rate]") {
    auto const pause = [](int status) {
        RateLimiter limiter{{10, Millis{1}}};
        limiter.observe(answer(status, {{"Retry-After", "9"}}), start, utc_start);
        return limiter.ready_at(1, start) - start;
    };

    CHECK(pause(429) == Seconds{9});
    CHECK(pause(425) == Seconds{9});
    CHECK(pause(503) == Seconds{9});
    CHECK(pause(200) == Nanos{0});
    CHECK(pause(500) == Nanos{0});
}

TEST_CASE("RateLimiter never shortens a pause", "[net][rate]") {
    RateLimiter limiter{{10, Millis{1}}};
    limiter.observe(answer(429, {{"Retry-After", "60"}}), start, utc_start);

    limiter.observe(answer(429, {{"Retry-After", "1"}}), start, utc_start);

    CHECK(limiter.blocked_until() == start + Seconds{60});
}

TEST_CASE("RateLimiter is not misled by headers that are no numbers", "[net][rate]") {
    RateLimiter limiter{{10, Millis{1}}, 100};
    Headers const headers{
        {"Poly-RateLimit-Remaining", "none"},
        {"Poly-RateLimit-Reset", "99999999999999999999"},
        {"X-MBX-USED-WEIGHT-1M", ""}
    };

    limiter.observe(answer(200, headers), start, utc_start);

    CHECK(limiter.ready_at(10, start) == start);
}
