#include "engine/runtime/scaled_clock.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

using namespace polyquant;
using namespace polyquant::runtime;

namespace {

UtcTime real_now() {
    return std::chrono::time_point_cast<Nanos>(std::chrono::system_clock::now());
}

} // namespace

TEST_CASE("Scaled clock shows the anchor's scaled time plus the scaled time since", "[runtime]") {
    auto const anchor = real_now() - Seconds{10};
    ScaledClock const clock{{anchor, utc_from_seconds(1'795'392'000), 12}};

    auto const before = real_now();
    auto const shown = clock.utc_now();
    auto const after = real_now();

    CHECK(shown >= utc_from_seconds(1'795'392'000) + (before - anchor) * 12);
    CHECK(shown <= utc_from_seconds(1'795'392'000) + (after - anchor) * 12);
}

TEST_CASE("Scaled clock's steady time runs by its factor", "[runtime]") {
    ScaledClock const clock{{real_now(), real_now(), 1000}};
    auto const first = clock.now();
    auto const real = std::chrono::steady_clock::now();

    // A busy millisecond of real time, measured rather than slept.
    while (std::chrono::steady_clock::now() - real < Nanos{1'000'000}) {
    }

    CHECK(clock.now() - first >= Seconds{1});
}

TEST_CASE("Scaled clock wakes a sleeper not before its scaled instant", "[runtime]") {
    ScaledClock clock{{real_now(), utc_from_seconds(0), 500}};
    asio::io_context io;
    auto const due = clock.now() + Seconds{1};
    std::optional<bool> woke;
    std::optional<Instant> at;

    asio::co_spawn(
        io,
        [&]() -> Task<void> {
            woke = co_await clock.wait_until(due);
            at = clock.now();
        },
        [](std::exception_ptr const& error) {
            if (error) std::rethrow_exception(error);
        }
    );
    io.run();

    CHECK(woke == true);
    CHECK(at >= due);
}

TEST_CASE("Scaled clock converts the end of time to itself", "[runtime]") {
    ScaledClock const clock{{real_now(), utc_from_seconds(0), 12}};

    CHECK(clock.real_instant_of(Instant::max()) == Instant::max());
}
