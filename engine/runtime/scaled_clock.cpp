#include "engine/runtime/scaled_clock.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cmath>

namespace polyquant::runtime {

namespace {

// Exact for whole factors over decades of nanoseconds, where a plain product of doubles is not.
Nanos times(Nanos duration, double factor) {
    auto const whole = std::floor(factor);
    auto const rest = static_cast<double>(duration.count()) * (factor - whole);
    return Nanos{
        duration.count() * static_cast<std::int64_t>(whole) + static_cast<std::int64_t>(rest)
    };
}

} // namespace

ScaledClock::ScaledClock(TimeScale scale)
    : scale_{scale}, real_start_{std::chrono::steady_clock::now()} {
    ENSURE(scale_.factor > 0, "time goes forward");
}

Instant ScaledClock::now() const {
    return real_start_ + times(std::chrono::steady_clock::now() - real_start_, scale_.factor);
}

UtcTime ScaledClock::utc_now() const {
    auto const real = std::chrono::time_point_cast<Nanos>(std::chrono::system_clock::now());
    return scale_.scaled_anchor + times(real - scale_.real_anchor, scale_.factor);
}

Instant ScaledClock::real_instant_of(Instant at) const {
    if (at == Instant::max()) return at;
    // Rounded up: a timer must not ring before its scaled instant.
    auto const real = static_cast<double>((at - real_start_).count()) / scale_.factor;
    return real_start_ + Nanos{static_cast<std::int64_t>(std::ceil(real)) + 1};
}

Task<bool> ScaledClock::wait_until(Instant at) {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, real_instant_of(at)};
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

} // namespace polyquant::runtime
