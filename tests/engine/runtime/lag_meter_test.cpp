#include "engine/runtime/lag_meter.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::runtime;

TEST_CASE("Lag meter without measurements reports no lag", "[runtime]") {
    LagMeter const meter;

    CHECK(meter.quantile(0.99) == Nanos{0});
    CHECK(meter.max() == Nanos{0});
}

TEST_CASE(
    "Lag meter's quantile is the upper end of its bucket, never above the maximum", "[runtime]"
) {
    LagMeter meter;
    for (int i = 0; i < 99; ++i)
        meter.note(Nanos{50'000});

    meter.note(Millis{7});

    CHECK(meter.quantile(0.5) == Nanos{100'000});
    CHECK(meter.quantile(0.99) == Nanos{100'000});
    CHECK(meter.quantile(1) == Millis{7});
    CHECK(meter.max() == Millis{7});
}

TEST_CASE("Lag meter keeps what lies beyond its last bucket as the maximum", "[runtime]") {
    LagMeter meter;

    meter.note(Seconds{3});

    CHECK(meter.quantile(0.5) == Seconds{3});
}

TEST_CASE("Lag meter takes a timer that rang early as on time", "[runtime]") {
    LagMeter meter;

    meter.note(Nanos{-5});

    CHECK(meter.max() == Nanos{0});
    CHECK(meter.count() == 1);
}

TEST_CASE("Lag meter counts what lies below a limit, and sums all", "[runtime]") {
    LagMeter meter;
    for (auto const late : {Nanos{50'000}, Nanos{250'000}, Nanos{1'500'000}, Nanos{2'000'000'000}})
        meter.note(late);

    CHECK(meter.at_most(Nanos{0}) == 0);
    CHECK(meter.at_most(Nanos{100'000}) == 1);
    CHECK(meter.at_most(Millis{1}) == 2);
    CHECK(meter.at_most(Seconds{10}) == 3); // the last bucket has no end
    CHECK(meter.sum() == Nanos{2'001'800'000});
}
