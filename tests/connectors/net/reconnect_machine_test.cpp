#include "connectors/net/reconnect_machine.hpp"
#include "connectors/net/retry_policy.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::net;
using State = ReconnectMachine::State;
using Kind = ReconnectAction::Kind;

namespace {

Instant const start{Seconds{1000}};

// The upper end of every jitter, so that a wait shows its bound.
std::uint64_t longest(std::uint64_t bound) {
    return bound;
}

Loss reset() {
    Loss loss;
    loss.failure = {Fault::transport, "ws", "reset", 0};
    return loss;
}

Loss closed(int code) {
    auto loss = reset();
    loss.close_code = code;
    return loss;
}

ReconnectMachine machine() {
    return {{}, longest, default_reconnect_action};
}

Nanos wait_after(ReconnectMachine& m, Loss const& loss, Instant now) {
    if (m.state() == State::waiting) m.begin();
    m.lost(loss, now);
    return m.attempt_at() - now;
}

} // namespace

TEST_CASE("ReconnectMachine tries at once, then doubles its bound up to 30 s", "[net][reconnect]") {
    auto m = machine();
    REQUIRE(m.state() == State::waiting);
    REQUIRE(m.attempt_at() <= start);

    std::vector<std::int64_t> waits;
    for (auto i = 0; i < 7; ++i)
        waits.push_back(wait_after(m, reset(), start) / Seconds{1});

    CHECK(waits == std::vector<std::int64_t>{1, 2, 4, 8, 16, 30, 30});
    CHECK(m.losses() == 7);
}

TEST_CASE("ReconnectMachine spreads its waits over the whole range", "[net][reconnect]") {
    ReconnectMachine m{{}, random_from_seed(11), default_reconnect_action};
    auto below_half = 0;
    auto above_half = 0;

    for (auto i = 0; i < 406; ++i) {
        auto const wait = wait_after(m, reset(), start);
        REQUIRE(wait >= Nanos{0});
        REQUIRE(wait <= Seconds{30});
        if (i < 6) continue;
        ++(wait < Seconds{15} ? below_half : above_half);
    }

    CHECK(below_half > 150);
    CHECK(above_half > 150);
}

TEST_CASE("ReconnectMachine forgets its losses after a stable time", "[net][reconnect]") {
    auto m = machine();
    for (auto i = 0; i < 4; ++i)
        wait_after(m, reset(), start);

    m.begin();
    m.connected(start);
    m.lost(reset(), start + Seconds{60});

    CHECK(m.attempt_at() == start + Seconds{61});
}

TEST_CASE("ReconnectMachine does not trust a connection that falls again", "[net][reconnect]") {
    auto m = machine();
    for (auto i = 0; i < 4; ++i)
        wait_after(m, reset(), start);

    m.begin();
    m.connected(start);
    m.lost(reset(), start + Seconds{59});

    CHECK(m.attempt_at() == start + Seconds{59 + 16});
}

TEST_CASE("ReconnectMachine waits at least as long as the venue asks", "[net][reconnect]") {
    auto m = machine();
    auto loss = reset();
    loss.retry_after = Seconds{120};

    CHECK(wait_after(m, loss, start) == Seconds{121});
}

TEST_CASE("ReconnectMachine stops on what trying cannot cure", "[net][reconnect]") {
    auto m = machine();
    auto loss = reset();
    loss.failure.fault = Fault::auth;
    m.begin();

    m.lost(loss, start);

    CHECK(m.state() == State::stopped);
}

TEST_CASE("ReconnectMachine goes on after a firewall's refusal", "[net][reconnect]") {
    auto m = machine();
    auto loss = reset();
    loss.failure.fault = Fault::auth;
    loss.failure.http_status = 403;

    CHECK(wait_after(m, loss, start) == Seconds{1});
    loss.failure.http_status = 401;
    m.begin();
    m.lost(loss, start);
    CHECK(m.state() == State::stopped);
}

TEST_CASE("ReconnectMachine can be told to try now", "[net][reconnect]") {
    auto m = machine();
    wait_after(m, reset(), start);
    m.retry_now();
    CHECK(m.attempt_at() <= start);

    m.stop();
    m.retry_now();
    CHECK(m.state() == State::waiting);
}

TEST_CASE("ReconnectMachine follows the venue's policy for its close codes", "[net][reconnect]") {
    auto const policy = [](Loss const& loss) -> ReconnectAction {
        if (loss.close_code == 4001) return {Kind::stop, Nanos{0}};
        if (loss.close_code == 4003) return {Kind::spread, Seconds{10}};
        return {};
    };
    ReconnectMachine m{{}, longest, policy};

    CHECK(wait_after(m, closed(4003), start) == Seconds{10});
    CHECK(wait_after(m, closed(4002), start) == Seconds{2});
    m.begin();
    m.lost(closed(4001), start);
    CHECK(m.state() == State::stopped);
}

TEST_CASE("ReconnectMachine spreads out after a planned restart of the venue", "[net][reconnect]") {
    auto const code = GENERATE(1001, 1012, 1013);
    auto m = machine();

    CHECK(wait_after(m, closed(code), start) == Seconds{5});
}

TEST_CASE(
    "ReconnectMachine reconnects at once after a loss of our own making", "[net][reconnect]"
) {
    auto m = machine();
    auto loss = reset();
    loss.is_planned = true;

    CHECK(wait_after(m, loss, start) == Nanos{0});
    CHECK(m.losses() == 0);
}

TEST_CASE("RetryPolicy repeats only calls that are safe to repeat", "[net][retry]") {
    RetryPolicy const policy;

    CHECK(policy.delay_before_next(true, 1, Fault::transport, {}, longest) == Millis{200});
    CHECK(policy.delay_before_next(true, 2, Fault::timeout, {}, longest) == Millis{400});
    CHECK_FALSE(policy.delay_before_next(false, 1, Fault::transport, {}, longest).has_value());
    CHECK_FALSE(policy.delay_before_next(true, 3, Fault::transport, {}, longest).has_value());
}

TEST_CASE("RetryPolicy repeats nothing that a repetition cannot cure", "[net][retry]") {
    auto const fault = GENERATE(
        Fault::auth,
        Fault::parse,
        Fault::rejected,
        Fault::breaker_open,
        Fault::invalid,
        Fault::cancelled,
        Fault::storage
    );

    CHECK_FALSE(RetryPolicy{}.delay_before_next(true, 1, fault, {}, longest).has_value());
}

TEST_CASE("RetryPolicy honours Retry-After up to its patience", "[net][retry]") {
    RetryPolicy const policy;
    auto const wait = [&](std::optional<Nanos> asked) {
        return policy.delay_before_next(true, 1, Fault::rate_limited, asked, longest);
    };

    CHECK(wait(Seconds{4}) == Millis{4200});
    CHECK(wait(std::nullopt) == Millis{1200});
    CHECK_FALSE(wait(Seconds{31}).has_value());
}
