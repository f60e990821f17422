// Deadlines around operations. The only place that knows parallel_group.
#pragma once

#include "engine/runtime/clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <optional>
#include <string>

namespace polyquant::runtime {

// What an exception of a library means as a value. Cancellation stays recognisable.
Failure failure_from_current_exception(std::string where);

// The I/O edge: what `op` throws becomes a Failure, at once.
template <class T>
Task<Result<T>> no_throw(std::string where, Task<Result<T>> op) {
    try {
        auto result = co_await std::move(op);
        co_return result;
    } catch (...) {
        co_return failure_from_current_exception(std::move(where));
    }
}

namespace detail {

template <class T>
Task<void> answer_into(std::optional<Result<T>>& answer, std::string where, Task<Result<T>> op) {
    answer.emplace(co_await no_throw<T>(std::move(where), std::move(op)));
}

// Does the answer settle the question, so that it counts even when it came with the bell?
template <class T>
bool is_definite(Result<T> const& answer) {
    return answer.has_value() || !outcome_unknown(answer.error().fault);
}

} // namespace detail

// Runs `op` until `deadline` at the latest:
// - its answer when it comes first; what it throws is a Failure at once, not at the deadline;
// - Fault::timeout at the deadline, with `op` cancelled; past the deadline `op` is not started;
// - Fault::cancelled when the calling coroutine is cancelled;
// - a definite answer that `op` already holds when the bell rings is handed out, never lost.
//
// `op` must end when it is cancelled, because it is waited for: its frame may use the caller's
// locals. An operation that ignores cancellation (a name lookup, a blocking call) would stretch the
// deadline, so it runs as its own supervised task or side pool job, posts its answer to a mailbox,
// and the caller waits on the mailbox: within(clock, deadline, "dns", answers.next()). SidePool's
// submit() already is such a wait.
template <class T>
Task<Result<T>> within(Clock& clock, Instant deadline, std::string where, Task<Result<T>> op) {
    if (clock.now() >= deadline) {
        co_return Failure{Fault::timeout, std::move(where), "the deadline passed before the start"};
    }
    auto const executor = co_await asio::this_coro::executor;
    std::optional<Result<T>> answer;
    auto group = asio::experimental::make_parallel_group(
        asio::co_spawn(
            executor, detail::answer_into<T>(answer, where, std::move(op)), asio::deferred
        ),
        asio::co_spawn(executor, clock.wait_until(deadline), asio::deferred)
    );
    auto const ended =
        co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    auto const op_was_first = std::get<0>(ended)[0] == 0;
    if (answer && (op_was_first || detail::is_definite(*answer))) co_return std::move(*answer);

    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        co_return Failure{Fault::cancelled, std::move(where), "cancelled by the caller"};
    }
    co_return Failure{Fault::timeout, std::move(where), "no answer by the deadline"};
}

} // namespace polyquant::runtime
