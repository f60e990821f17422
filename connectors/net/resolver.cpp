#include "connectors/net/resolver.hpp"

#include "engine/runtime/deadline.hpp"

#include <algorithm>
#include <cstring>
#include <netdb.h>
#include <sys/socket.h>

namespace polyquant::net {

namespace {

// Wakes those who wait for one lookup, however the lookup's coroutine ends.
class Flight {
public:
    Flight(bool& in_flight, std::vector<asio::steady_timer*>& waiters)
        : in_flight_{in_flight}, waiters_{waiters} {
        in_flight_ = true;
    }

    ~Flight() {
        in_flight_ = false;
        for (auto* waiter : waiters_)
            waiter->cancel();
        waiters_.clear();
    }

    Flight(Flight const&) = delete;
    Flight& operator=(Flight const&) = delete;

private:
    bool& in_flight_;
    std::vector<asio::steady_timer*>& waiters_;
};

} // namespace

Resolver::Resolver(runtime::SidePool& pool, runtime::Clock& clock, Limits limits, Lookup lookup)
    : pool_{pool}, clock_{clock}, limits_{limits}, lookup_{std::move(lookup)} {}

Result<Addresses> Resolver::system_lookup(std::string const& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    auto const code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (code != 0) {
        return Failure{
            Fault::transport,
            "resolve " + host,
            ::gai_strerror(code) // NOLINT(concurrency-mt-unsafe)
        };
    }
    Addresses out;
    for (auto const* item = list; item != nullptr; item = item->ai_next) {
        if (item->ai_family == AF_INET) {
            sockaddr_in raw{};
            std::memcpy(&raw, item->ai_addr, sizeof raw);
            out.emplace_back(asio::ip::address_v4{ntohl(raw.sin_addr.s_addr)});
        } else if (item->ai_family == AF_INET6) {
            sockaddr_in6 raw{};
            std::memcpy(&raw, item->ai_addr, sizeof raw);
            asio::ip::address_v6::bytes_type bytes{};
            std::memcpy(bytes.data(), &raw.sin6_addr, bytes.size());
            out.emplace_back(asio::ip::address_v6{bytes, raw.sin6_scope_id});
        }
    }
    ::freeaddrinfo(list);
    if (out.empty()) return Failure{Fault::transport, "resolve " + host, "no usable address"};
    return out;
}

Task<Result<Addresses>> Resolver::resolve(std::string host, Instant deadline) {
    boost::system::error_code not_literal;
    auto const literal = asio::ip::make_address(host, not_literal);
    if (!not_literal) co_return Addresses{literal};
    if (auto const* known = cached(host)) co_return *known;
    auto where = "resolve " + host;
    auto answer =
        co_await runtime::within(clock_, deadline, std::move(where), first_answer(std::move(host)));
    co_return answer;
}

Addresses const* Resolver::cached(std::string const& host) const {
    auto const found = entries_.find(host);
    if (found == entries_.end() || found->second->addresses.empty()) return nullptr;
    return &found->second->addresses;
}

Task<Result<Addresses>> Resolver::first_answer(std::string host) {
    if (!entries_.contains(host)) make_room();
    auto& slot = entries_[host];
    if (!slot) slot = std::make_shared<Entry>();
    auto const entry = slot;
    // The owner of the lookup under way may be cancelled; then the next one in line takes over.
    while (entry->in_flight) {
        asio::steady_timer answered{
            co_await asio::this_coro::executor, asio::steady_timer::time_point::max()
        };
        entry->waiters.push_back(&answered);
        boost::system::error_code woken;
        co_await answered.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        std::erase(entry->waiters, &answered);
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            co_return Failure{Fault::cancelled, "resolve " + host, "the wait was cancelled"};
        }
        if (!entry->addresses.empty()) co_return entry->addresses;
    }
    if (clock_.now() < entry->failed_until) co_return entry->failure;
    auto answer = co_await look_up(entry, std::move(host));
    co_return answer;
}

Task<Result<Addresses>> Resolver::look_up(std::shared_ptr<Entry> entry, std::string host) {
    Flight const flight{entry->in_flight, entry->waiters};
    ++lookups_;
    std::function<Result<Addresses>()> work = [lookup = lookup_, host] {
        return lookup(host);
    };
    auto answer = co_await pool_.submit<Addresses>("resolve " + host, std::move(work));
    if (answer && answer->empty()) {
        answer = Failure{Fault::transport, "resolve " + host, "no usable address"};
    }
    auto const now = clock_.now();
    if (answer) {
        entry->addresses = *answer;
        entry->resolved_at = now;
    } else if (answer.error().fault != Fault::cancelled) {
        entry->failure = answer.error();
        entry->failed_until = now + limits_.negative_for;
    }
    co_return answer;
}

Task<void> Resolver::run() {
    for (;;) {
        auto const rang = co_await clock_.wait_until(clock_.now() + limits_.refresh_after / 4);
        if (!rang) co_return;
        co_await refresh_due();
    }
}

Task<void> Resolver::refresh_due() {
    std::vector<std::pair<std::string, std::shared_ptr<Entry>>> due;
    for (auto const& [host, entry] : entries_) {
        auto const is_old = clock_.now() - entry->resolved_at >= limits_.refresh_after;
        if (!entry->addresses.empty() && is_old && clock_.now() >= entry->failed_until) {
            due.emplace_back(host, entry);
        }
    }
    for (auto& [host, entry] : due) {
        if (entry->in_flight) continue;
        auto const answer = co_await look_up(entry, host);
        if (!answer && answer.error().fault == Fault::cancelled) co_return;
    }
}

void Resolver::make_room() {
    if (entries_.size() < limits_.names_max) return;
    // Only names that came from outside could grow the list; any idle one may go.
    auto const idle = std::ranges::find_if(entries_, [](auto const& item) {
        return !item.second->in_flight && item.second->waiters.empty();
    });
    if (idle != entries_.end()) entries_.erase(idle);
}

} // namespace polyquant::net
