#include "engine/runtime/circuit_breaker.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::runtime;

namespace {

constexpr CircuitBreaker::Limits limits{
    .faults_max = 3,
    .window = 10s,
    .pause = 5s,
    .pause_growth = 2,
    .pause_max = 15s,
    .probe_limit = 4s
};

Instant const t0{};

CircuitBreaker opened_at(Instant at) {
    CircuitBreaker breaker{limits};
    for (auto i = 0; i < 3; ++i)
        breaker.record(Fault::timeout, at);
    return breaker;
}

} // namespace

TEST_CASE("CircuitBreaker opens after three faults in ten seconds", "[runtime][breaker]") {
    CircuitBreaker breaker{limits};

    breaker.record(Fault::timeout, t0);
    breaker.record(Fault::transport, t0 + 5s);
    CHECK(breaker.allow(t0 + 6s));
    breaker.record(Fault::rate_limited, t0 + 9s);

    CHECK(breaker.state(t0 + 9s) == BreakerState::open);
    CHECK_FALSE(breaker.allow(t0 + 9s));
    CHECK(breaker.reopens_at() == t0 + 14s);
}

TEST_CASE("CircuitBreaker forgets faults older than its window", "[runtime][breaker]") {
    CircuitBreaker breaker{limits};

    breaker.record(Fault::timeout, t0);
    breaker.record(Fault::timeout, t0 + 5s);
    breaker.record(Fault::timeout, t0 + 10s);

    CHECK(breaker.state(t0 + 10s) == BreakerState::closed);
}

TEST_CASE("CircuitBreaker does not count successes and faults of our own", "[runtime][breaker]") {
    CircuitBreaker breaker{limits};
    auto const fault = GENERATE(
        as<std::optional<Fault>>{},
        std::nullopt,
        Fault::cancelled,
        Fault::rejected,
        Fault::auth,
        Fault::invalid,
        Fault::storage,
        Fault::breaker_open
    );

    for (auto i = 0; i < 5; ++i)
        breaker.record(fault, t0);

    CHECK(breaker.state(t0) == BreakerState::closed);
}

TEST_CASE("CircuitBreaker lets one probe through after the pause", "[runtime][breaker]") {
    auto breaker = opened_at(t0);

    CHECK_FALSE(breaker.allow(t0 + 5s - 1ns));
    CHECK(breaker.state(t0 + 5s) == BreakerState::half_open);
    CHECK(breaker.allow(t0 + 5s));
    CHECK_FALSE(breaker.allow(t0 + 6s));

    breaker.record(std::nullopt, t0 + 6s);

    CHECK(breaker.state(t0 + 6s) == BreakerState::closed);
    CHECK(breaker.allow(t0 + 6s));
}

TEST_CASE(
    "CircuitBreaker pauses longer after each failed probe, up to a limit", "[runtime][breaker]"
) {
    auto breaker = opened_at(t0);
    auto now = t0;

    for (auto const pause : {10s, 15s, 15s}) {
        now = *breaker.reopens_at();
        REQUIRE(breaker.allow(now));
        breaker.record(Fault::timeout, now);
        CHECK(breaker.reopens_at() == now + pause);
    }

    now = *breaker.reopens_at();
    breaker.allow(now);
    breaker.record(Fault::rejected, now);
    for (auto i = 0; i < 3; ++i)
        breaker.record(Fault::timeout, now);

    CHECK(breaker.reopens_at() == now + 5s);
}

TEST_CASE("CircuitBreaker gives a probe's turn back when it says nothing", "[runtime][breaker]") {
    auto breaker = opened_at(t0);
    REQUIRE(breaker.allow(t0 + 5s));

    SECTION("because we cancelled it") {
        breaker.record(Fault::cancelled, t0 + 6s);

        CHECK(breaker.state(t0 + 6s) == BreakerState::half_open);
        CHECK(breaker.allow(t0 + 6s));
    }
    SECTION("because nobody recorded it") {
        CHECK_FALSE(breaker.allow(t0 + 9s - 1ns));
        CHECK(breaker.allow(t0 + 9s));
    }
}

TEST_CASE("CircuitBreaker ignores answers that arrive while it is open", "[runtime][breaker]") {
    auto breaker = opened_at(t0);

    breaker.record(std::nullopt, t0 + 1s);
    breaker.record(Fault::timeout, t0 + 1s);

    CHECK(breaker.state(t0 + 1s) == BreakerState::open);
    CHECK(breaker.reopens_at() == t0 + 5s);
}

TEST_CASE("CircuitBreaker reports each change once", "[runtime][breaker]") {
    CircuitBreaker breaker{limits};
    CHECK_FALSE(breaker.take_change(t0));

    for (auto i = 0; i < 3; ++i)
        breaker.record(Fault::parse, t0);
    CHECK(breaker.take_change(t0) == BreakerState::open);
    CHECK_FALSE(breaker.take_change(t0 + 1s));
    CHECK(breaker.take_change(t0 + 5s) == BreakerState::half_open);
    breaker.allow(t0 + 5s);
    breaker.record(std::nullopt, t0 + 5s);

    CHECK(breaker.take_change(t0 + 5s) == BreakerState::closed);
}

TEST_CASE("CircuitBreaker stays open as long as the venue asked", "[runtime][breaker]") {
    CircuitBreaker breaker{limits};

    breaker.trip(t0 + 120s);
    breaker.trip(t0 + 60s);

    CHECK_FALSE(breaker.allow(t0 + 119s));
    CHECK(breaker.state(t0 + 120s) == BreakerState::half_open);
    CHECK(breaker.allow(t0 + 120s));
    breaker.record(std::nullopt, t0 + 120s);
    CHECK(breaker.state(t0 + 120s) == BreakerState::closed);
}
