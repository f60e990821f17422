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
