#include "connectors/net/connection_pool.hpp"

#include "engine/runtime/deadline.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace polyquant::net {

namespace {

std::string key_of(Url const& url) {
    return std::string{to_string(url.scheme)} + "://" + url.authority();
}

} // namespace

ConnectionPool::Lease::Lease(std::shared_ptr<Host> host, runtime::Clock& clock)
    : host_{std::move(host)}, clock_{&clock} {}

ConnectionPool::Lease::~Lease() {
    if (!host_) return;
    wire_.reset();
    --host_->busy;
    if (!host_->waiters.empty()) host_->waiters.front()->cancel();
}

void ConnectionPool::Lease::put(std::unique_ptr<Wire> wire) {
    wire_ = std::move(wire);
    uses_ = 0;
}

void ConnectionPool::Lease::discard() {
    wire_.reset();
    uses_ = 0;
}

void ConnectionPool::Lease::give_back(bool was_used) {
    ENSURE(wire_ != nullptr, "only a connection can be given back");
    host_->idle.push_back({std::move(wire_), clock_->now(), uses_ + (was_used ? 1 : 0)});
}

ConnectionPool::ConnectionPool(runtime::Clock& clock, std::size_t per_host_max, Nanos idle_max)
    : clock_{clock}, per_host_max_{per_host_max}, idle_max_{idle_max} {
    ENSURE(per_host_max > 0, "a host has at least one connection");
}

Task<Result<ConnectionPool::Lease>> ConnectionPool::take(Url url, Instant deadline) {
    auto& slot = hosts_[key_of(url)];
    if (!slot) slot = std::make_shared<Host>();
    auto const host = slot;
    if (host->busy >= per_host_max_ || !host->waiters.empty()) {
        auto const mine = co_await runtime::within(
            clock_, deadline, "pool " + url.authority(), turn(host, per_host_max_)
        );
        if (!mine) co_return mine.error();
    } else {
        ++host->busy;
    }
    Result<Lease> lease{Lease{host, clock_}};
    fill(*lease);
    co_return lease;
}

// Ends with one place counted as busy for the caller.
Task<Result<bool>> ConnectionPool::turn(std::shared_ptr<Host> host, std::size_t most) {
    asio::steady_timer freed{
        co_await asio::this_coro::executor, asio::steady_timer::time_point::max()
    };
    host->waiters.push_back(&freed);
    auto cancelled = false;
    while (!cancelled && (host->busy >= most || host->waiters.front() != &freed)) {
        boost::system::error_code woken;
        co_await freed.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        auto const state = co_await asio::this_coro::cancellation_state;
        cancelled = state.cancelled() != asio::cancellation_type::none;
    }
    std::erase(host->waiters, &freed);
    if (!cancelled) ++host->busy;
    // A free place that this waiter leaves behind is the next one's.
    if (host->busy < most && !host->waiters.empty()) host->waiters.front()->cancel();
    if (cancelled) co_return Failure{Fault::cancelled, "pool", "the wait was cancelled"};
    co_return true;
}

void ConnectionPool::fill(Lease& lease) {
    auto& idle = lease.host_->idle;
    auto const now = clock_.now();
    std::erase_if(idle, [&](Idle const& i) { return now - i.since >= idle_max_; });
    while (!idle.empty()) {
        auto warmest = std::move(idle.back());
        idle.pop_back();
        // A TLS 1.3 server sends session tickets unasked after the handshake, so bytes on a
        // connection that has not served yet are no sign of its end.
        if (warmest.uses > 0 ? !warmest.wire->is_quiet() : !warmest.wire->is_open()) continue;
        lease.wire_ = std::move(warmest.wire);
        lease.uses_ = warmest.uses;
        return;
    }
}

ConnectionPool::Host const* ConnectionPool::find(Url const& url) const {
    auto const found = hosts_.find(key_of(url));
    return found == hosts_.end() ? nullptr : found->second.get();
}

std::size_t ConnectionPool::idle(Url const& url) const {
    auto const* const host = find(url);
    return host == nullptr ? 0 : host->idle.size();
}

std::size_t ConnectionPool::busy(Url const& url) const {
    auto const* const host = find(url);
    return host == nullptr ? 0 : host->busy;
}

void ConnectionPool::close_idle() {
    for (auto& [key, host] : hosts_)
        host->idle.clear();
}

} // namespace polyquant::net
