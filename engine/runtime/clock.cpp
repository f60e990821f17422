#include "engine/runtime/clock.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace polyquant::runtime {

Task<void> Clock::sleep_until(Instant at) {
    auto const rang = co_await wait_until(at);
    if (!rang) throw boost::system::system_error{asio::error::operation_aborted, "sleep"};
}

Instant Clock::instant_of(UtcTime t) const {
    if (t == UtcTime::max()) return Instant::max();
    return now() + (t - utc_now());
}

UtcTime Clock::utc_of(Instant t) const {
    if (t == Instant::max()) return UtcTime::max();
    return utc_now() + (t - now());
}

Instant LiveClock::now() const {
    return std::chrono::steady_clock::now();
}

UtcTime LiveClock::utc_now() const {
    return std::chrono::time_point_cast<Nanos>(std::chrono::system_clock::now());
}

Task<bool> LiveClock::wait_until(Instant at) {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, at};
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

} // namespace polyquant::runtime
