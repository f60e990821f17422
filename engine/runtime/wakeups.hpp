// Counts what became ready to run on an io_context, so that a replay can skip polling it (a system
// call) when nothing did. One counter per io_context, found through its executors.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <cstdint>

namespace polyquant::runtime {

// The clock, mailboxes, the supervisor and the side pool add to it by themselves. Code that starts
// other work from a synchronous bus callback (asio::post, co_spawn) must call add() too, or a
// replay may move time before that work runs. Work started inside a coroutine needs no mark: the
// loop polls until nothing is ready.
class Wakeups final : public boost::asio::execution_context::service {
public:
    inline static boost::asio::execution_context::id id;

    explicit Wakeups(boost::asio::execution_context& context) : service{context} {}

    static Wakeups& of(boost::asio::execution_context& context) {
        return boost::asio::use_service<Wakeups>(context);
    }

    static Wakeups& of(boost::asio::any_io_executor const& executor) {
        return of(boost::asio::query(executor, boost::asio::execution::context));
    }

    void add() { ++count_; }

    std::uint64_t count() const { return count_; }

private:
    void shutdown() override {}

    std::uint64_t count_ = 0;
};

} // namespace polyquant::runtime
