// Watches that are looked at when their time has come: what feeds that poll have in common.
#pragma once

#include "engine/runtime/clock.hpp"

#include <boost/asio/this_coro.hpp>

#include <functional>
#include <vector>

namespace polyquant::runtime {

// Every `tick` asks about each watch whose next_at has come, one after the other, until it is
// cancelled. `watches` maps ids to something with a next_at (UTC); `ask` may add and remove
// watches, also the one it is asked about, and must move its next_at on. A watch that goes while
// others are asked about is asked about once more. `may_ask`, where given, is asked first at every
// tick.
template <class Watches>
Task<void> ask_when_due(
    Clock& clock,
    Nanos tick,
    Watches const& watches,
    std::function<Task<void>(typename Watches::key_type)> ask,
    std::function<bool(UtcTime)> may_ask = {}
) {
    for (;;) {
        auto const now = clock.utc_now();
        std::vector<typename Watches::key_type> due;
        if (!may_ask || may_ask(now))
            for (auto const& [id, watch] : watches)
                if (watch.next_at <= now) due.push_back(id);
        for (auto const& id : due) {
            co_await ask(id);
            auto const state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) co_return;
        }
        auto const rang = co_await clock.wait_until(clock.now() + tick);
        if (!rang) co_return;
    }
}

} // namespace polyquant::runtime
