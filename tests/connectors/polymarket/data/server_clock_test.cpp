#include "connectors/polymarket/data/server_clock.hpp"
#include "tests/connectors/polymarket/stub_venue.hpp"
#include "tests/support/catch.hpp"

#include <random>

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;
using net::testing::http_answer;

namespace {

constexpr auto start = utc_from_seconds(1'776'081'610);

UtcTime whole(UtcTime t) {
    return UtcTime{std::chrono::floor<Seconds>(t.time_since_epoch())};
}

struct Fixture : FeedWorld {
    Nanos ahead{0}; // ours minus the venue's
    ServerClock feed{context, {venue.url()}, sink()};

    Fixture() {
        venue.on("/time", [this](std::string const&) {
            auto const theirs = clock.utc_now() - ahead;
            return http_answer(200, "", std::to_string(unix_seconds(theirs)));
        });
        start_feed(feed);
    }
};

} // namespace

TEST_CASE("One answer bounds the offset within a second and the way", "[polymarket][clock]") {
    ClockBounds bounds;

    bounds.add(start, start + Millis{80}, start - Seconds{3});

    CHECK(bounds.least() == Seconds{2});
    CHECK(bounds.most() == Millis{3'080});
}

TEST_CASE("Questions at the turn of the second halve the bounds", "[polymarket][clock]") {
    auto const seed = GENERATE(1u, 2u, 3u, 4u, 5u);
    std::mt19937 random{seed};
    Nanos const offset = Millis{static_cast<int>(random() % 4'000) - 2'000};
    ClockBounds bounds;
    auto now = start;

    for (auto i = 0; i < 9; ++i) {
        if (i > 0) now = bounds.next_question(now + Millis{100}, Millis{10});
        bounds.add(now, now + Millis{20}, whole(now + Millis{10} - offset));
        now += Millis{20};
        REQUIRE(bounds.least() <= offset);
        REQUIRE(bounds.most() >= offset);
    }

    CHECK(bounds.width() <= Millis{30});
    CHECK(bounds.steps() == 0);
}

TEST_CASE("A clock that was set starts the bounds anew", "[polymarket][clock]") {
    ClockBounds bounds;
    bounds.add(start, start, start);
    bounds.add(start + Seconds{1}, start + Seconds{1}, start + Seconds{31});

    CHECK(bounds.steps() == 1);
    CHECK(bounds.middle() == Millis{-30'500});
}

TEST_CASE("What is known of two clocks fades with time", "[polymarket][clock]") {
    ClockBounds bounds;
    bounds.add(start, start, start);
    bounds.add(start + Millis{990}, start + Millis{990}, start);
    auto const before = bounds.width();

    auto const later = start + Seconds{1'000} + Millis{500};
    bounds.add(later, later, whole(later));

    CHECK(bounds.width() > before);
    CHECK(bounds.width() < before + Millis{250});
}

TEST_CASE("The server clock learns the offset within seconds", "[polymarket][clock]") {
    Fixture f;
    f.ahead = Millis{1'730};

    f.pass_quickly_until([&] { return f.feed.clock_offset().has_value(); });
    auto const took = f.clock.utc_now() - start;
    f.pass(Seconds{10});

    CHECK(took < Seconds{6});
    auto const offset = f.feed.clock_offset().value();
    CHECK(offset > Millis{1'680});
    CHECK(offset < Millis{1'780});
    f.pass(Seconds{300});
    CHECK(f.venue.asked.size() < 30);
    f.stop();
    CHECK(f.failures.empty());
}

TEST_CASE("The server clock notices a clock that was set", "[polymarket][clock]") {
    Fixture f;
    f.pass(Seconds{20});
    CHECK(std::chrono::abs(f.feed.clock_offset().value()) < Millis{60});

    f.ahead = Seconds{5};
    f.pass_quickly_until([&] {
        return f.feed.clock_offset() && *f.feed.clock_offset() > Millis{4'800};
    });

    CHECK(f.feed.bounds().steps() == 1);
    CHECK(f.clock.utc_now() - start < Seconds{75});
    f.stop();
}

TEST_CASE("An offset nobody confirms is not believed for ever", "[polymarket][clock]") {
    Fixture f;
    f.pass(Seconds{20});
    REQUIRE(f.feed.clock_offset().has_value());

    f.venue.on("/time", "busy", 503);
    f.pass(Seconds{240});

    CHECK_FALSE(f.feed.clock_offset().has_value());
    CHECK_THAT(f.states().back(), Catch::StartsWith("clob.clock offset: bad ("));
    f.stop();
}

TEST_CASE(
    "Clock bounds narrow with every sample and start anew when a clock was set",
    "[polymarket][data][clock]"
) {
    ClockBounds offset;
    auto const base = utc_from_seconds(1'776'081'600);

    offset.add(base + 100ms, base + 140ms, base);
    CHECK(offset.proven() == Nanos{0});
    offset.add(base + 1990ms, base + 2010ms, base + Seconds{1});
    offset.add(base + 3000ms, base + 3020ms, base + Seconds{3});
    CHECK(offset.width() / 2 < 30ms);
    CHECK(offset.proven() == Nanos{0});

    offset.add(base + 14s, base + 14s, base + Seconds{4});
    CHECK(offset.proven() == Seconds{9});
}
