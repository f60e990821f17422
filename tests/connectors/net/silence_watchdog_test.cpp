#include "connectors/net/silence_watchdog.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::net;
using Change = SilenceWatchdog::Change;

namespace {

Instant const start{Seconds{1000}};

} // namespace

TEST_CASE("SilenceWatchdog reports one frozen topic among busy ones, once", "[net][silence]") {
    SilenceWatchdog dog;
    auto const busy = dog.add("btc", Seconds{2}, start);
    auto const frozen = dog.add("eth", Seconds{5}, start);
    dog.heard(busy, start);
    dog.heard(frozen, start);

    std::vector<Change> seen;
    for (auto now = start; now <= start + Seconds{20}; now += Seconds{1}) {
        dog.heard(busy, now);
        for (auto const& change : dog.check(now))
            seen.push_back(change);
    }

    REQUIRE(seen.size() == 1);
    CHECK(seen.front() == Change{"eth", false, Seconds{5}});
    CHECK(dog.is_healthy(busy));
    CHECK_FALSE(dog.is_healthy(frozen));
    CHECK(dog.stale_count() == 1);
}

TEST_CASE("SilenceWatchdog reports the return of a topic once", "[net][silence]") {
    SilenceWatchdog dog;
    auto const topic = dog.add("eth", Seconds{5}, start);
    CHECK(dog.heard(topic, start) == Change{"eth", true, Nanos{0}});
    dog.check(start + Seconds{5});

    CHECK(dog.heard(topic, start + Seconds{8}) == Change{"eth", true, Seconds{8}});
    CHECK_FALSE(dog.heard(topic, start + Seconds{9}).has_value());
}

TEST_CASE("SilenceWatchdog gives a new topic its time, but no credit", "[net][silence]") {
    SilenceWatchdog dog;
    auto const topic = dog.add("eth", Seconds{5}, start);

    CHECK_FALSE(dog.is_healthy(topic));
    CHECK(dog.check(start + Seconds{5} - Nanos{1}).empty());
    CHECK(dog.check(start + Seconds{5}) == std::vector{Change{"eth", false, Seconds{5}}});
}

TEST_CASE("SilenceWatchdog loses everything with the connection", "[net][silence]") {
    SilenceWatchdog dog;
    auto const a = dog.add("a", Seconds{5}, start);
    auto const b = dog.add("b", Seconds{5}, start);
    dog.heard(a, start);
    dog.heard(b, start);

    CHECK(dog.all_lost(start + Seconds{1}).size() == 2);
    CHECK(dog.all_lost(start + Seconds{1}).empty());
    dog.all_restarted(start + Seconds{9});
    CHECK_FALSE(dog.is_healthy(a));
    CHECK(dog.check(start + Seconds{10}).empty());
    CHECK(dog.heard(a, start + Seconds{10}) == Change{"a", true, Seconds{1}});
}

TEST_CASE("SilenceWatchdog forgets a removed topic and reuses its place", "[net][silence]") {
    SilenceWatchdog dog;
    auto const old = dog.add("old", Seconds{5}, start);
    dog.heard(old, start);
    dog.remove(old);

    CHECK(dog.check(start + Seconds{60}).empty());
    CHECK(dog.stale_count() == 0);
    auto const fresh = dog.add("fresh", Seconds{5}, start + Seconds{60});
    CHECK(fresh == old);
    CHECK_FALSE(dog.is_healthy(fresh));
}

TEST_CASE("SilenceWatchdog knows when it has to look again", "[net][silence]") {
    SilenceWatchdog dog;
    CHECK_FALSE(dog.next_check().has_value());
    dog.add("slow", Seconds{9}, start);
    auto const quick = dog.add("quick", Seconds{3}, start);

    CHECK(dog.next_check() == start + Seconds{3});
    dog.heard(quick, start + Seconds{8});
    CHECK(dog.next_check() == start + Seconds{9});
    dog.check(start + Seconds{30});
    CHECK_FALSE(dog.next_check().has_value());
}
