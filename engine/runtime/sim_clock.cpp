#include "engine/runtime/sim_clock.hpp"

#include "engine/runtime/wakeups.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <set>
#include <tuple>

namespace polyquant::runtime {

// Lives in the frame of the coroutine that sleeps. The timer never expires by itself: it is what
// ends the wait and what destroys the frame when the io_context goes first.
struct SimClock::Sleeper {
    Instant at;
    std::uint64_t seq;
    asio::steady_timer wake;
    Wakeups* wakeups;
    bool due = false;
};

struct SimClock::Sleepers {
    struct Earlier {
        bool operator()(Sleeper const* a, Sleeper const* b) const {
            return std::tie(a->at, a->seq) < std::tie(b->at, b->seq);
        }
    };

    std::set<Sleeper*, Earlier> waiting;
    std::uint64_t next_seq = 0;
};

SimClock::SimClock(UtcTime start) : epoch_{start}, sleepers_{std::make_shared<Sleepers>()} {}

SimClock::~SimClock() = default;

Task<bool> SimClock::wait_until(Instant at) {
    if (at <= now_) co_return true;
    auto const executor = co_await asio::this_coro::executor;
    Sleeper self{
        .at = at,
        .seq = sleepers_->next_seq++,
        .wake = asio::steady_timer{executor, Instant::max()},
        .wakeups = &Wakeups::of(executor)
    };

    struct Registered {
        std::shared_ptr<Sleepers> list;
        Sleeper* self;

        Registered(std::shared_ptr<Sleepers> l, Sleeper* s) : list{std::move(l)}, self{s} {
            list->waiting.insert(self);
        }

        Registered(Registered const&) = delete;
        Registered& operator=(Registered const&) = delete;

        ~Registered() {
            if (!self->due) list->waiting.erase(self);
        }
    } const registered{sleepers_, &self};

    boost::system::error_code error;
    co_await self.wake.async_wait(asio::redirect_error(asio::use_awaitable, error));
    co_return self.due;
}

std::optional<Instant> SimClock::next_due() const {
    auto const& waiting = sleepers_->waiting;
    if (waiting.empty() || (*waiting.begin())->at == Instant::max()) return std::nullopt;
    return (*waiting.begin())->at;
}

void SimClock::advance_to(Instant t) {
    move_to(t);
    wake_due();
}

void SimClock::move_to(Instant t) {
    ENSURE(t >= now_, "simulated time does not go backwards");
    now_ = t;
}

void SimClock::wake_due() {
    auto& waiting = sleepers_->waiting;
    while (!waiting.empty() && (*waiting.begin())->at <= now_) {
        auto* const sleeper = *waiting.begin();
        waiting.erase(waiting.begin());
        sleeper->due = true;
        sleeper->wake.cancel();
        sleeper->wakeups->add();
    }
}

} // namespace polyquant::runtime
