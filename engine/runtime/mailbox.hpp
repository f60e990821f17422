// A bounded queue with one reader. What happens when it is full stands in its type.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/runtime/task.hpp"
#include "engine/runtime/wakeups.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/circular_buffer.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace polyquant::runtime {

// Full drops the oldest and counts it. For input whose loss is survivable, such as public trades.
struct Count {};

// The newest message replaces a queued one with the same key, in the old one's place, so a busy key
// cannot starve the others. For state such as books. Finding the key walks the queue: meant for
// tens of keys. Full means more keys than capacity; then the oldest is dropped and counted.
template <class KeyOf>
struct Conflate {
    [[no_unique_address]] KeyOf key_of{};
};

// Full is a bug: the message is refused, counted, and the handler (which halts trading) is called.
// For own-order events and control.
struct Fatal {
    std::function<void(Failure)> on_full;
};

template <class Policy>
inline constexpr bool is_conflating = false;
template <class KeyOf>
inline constexpr bool is_conflating<Conflate<KeyOf>> = true;

// One thread, one reader. Posting allocates nothing beyond what moving the message does. Destroy a
// mailbox only when its reader has ended or its io_context will not run again.
template <class Msg, class Policy>
class Mailbox {
public:
    Mailbox(
        asio::any_io_executor const& executor,
        std::string name,
        std::size_t capacity,
        Policy policy = {}
    )
        : name_{std::move(name)}, policy_{std::move(policy)}, queue_{capacity},
          wake_{executor, asio::steady_timer::time_point::max()}, wakeups_{Wakeups::of(executor)} {
        ENSURE(capacity > 0, "a mailbox holds at least one message");
        if constexpr (std::is_same_v<Policy, Fatal>) {
            ENSURE(policy_.on_full != nullptr, "a Fatal mailbox needs its halt handler");
        }
    }

    // False when a message was lost by it: the oldest (Count, Conflate) or this one (Fatal).
    bool post(Msg msg) {
        if constexpr (is_conflating<Policy>) {
            for (auto& queued : queue_) {
                if (policy_.key_of(queued) == policy_.key_of(std::as_const(msg))) {
                    queued = std::move(msg);
                    ++conflated_;
                    return true;
                }
            }
        }
        auto const full = queue_.full();
        if (full) {
            ++drops_;
            if constexpr (std::is_same_v<Policy, Fatal>) {
                policy_.on_full(overflow());
                return false;
            }
            queue_.pop_front();
        }
        queue_.push_back(std::move(msg));
        wake_reader();
        return !full;
    }

    // The oldest message, waiting for one if need be. Fault::cancelled when the coroutine was
    // cancelled while it waited; a message that came meanwhile stays queued.
    Task<Result<Msg>> next() {
        ENSURE(!reading_, "a mailbox has one reader");
        while (queue_.empty()) {
            reading_ = waiting_ = true;
            boost::system::error_code woken;
            co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            reading_ = waiting_ = false;
            auto const state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) {
                co_return Failure{Fault::cancelled, "mailbox." + name_, "the wait was cancelled"};
            }
        }
        Result<Msg> msg{std::move(queue_.front())};
        queue_.pop_front();
        co_return msg;
    }

    std::optional<Msg> try_next() {
        if (queue_.empty()) return std::nullopt;
        std::optional<Msg> msg{std::move(queue_.front())};
        queue_.pop_front();
        return msg;
    }

    std::string const& name() const { return name_; }

    std::size_t depth() const { return queue_.size(); }

    std::size_t capacity() const { return queue_.capacity(); }

    std::uint64_t drops() const { return drops_; }

    std::uint64_t conflated() const { return conflated_; }

private:
    void wake_reader() {
        if (!waiting_) return;
        waiting_ = false;
        wake_.cancel();
        wakeups_.add();
    }

    Failure overflow() const {
        return {
            Fault::invalid,
            "mailbox." + name_,
            "full at " + std::to_string(queue_.capacity()) +
                " messages; its reader does not keep up"
        };
    }

    std::string name_;
    Policy policy_;
    boost::circular_buffer<Msg> queue_;
    asio::steady_timer wake_;
    Wakeups& wakeups_;
    bool reading_ = false; // a coroutine is inside next()
    bool waiting_ = false; // and no post has woken it yet
    std::uint64_t drops_ = 0;
    std::uint64_t conflated_ = 0;
};

template <class Msg>
using CountMailbox = Mailbox<Msg, Count>;
template <class Msg, class KeyOf>
using ConflateMailbox = Mailbox<Msg, Conflate<KeyOf>>;
template <class Msg>
using FatalMailbox = Mailbox<Msg, Fatal>;

} // namespace polyquant::runtime
