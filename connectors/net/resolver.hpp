// Names to addresses without ever blocking the loop, and from memory on every path that matters.
#pragma once

#include "engine/runtime/clock.hpp"
#include "engine/runtime/side_pool.hpp"

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace polyquant::net {

using Addresses = std::vector<asio::ip::address>;

// getaddrinfo on the side pool. It may take half a minute and cannot be cancelled, so give it a
// pool of its own: results of one pool are delivered in the order of submission.
//
// A name resolved once is answered from memory for ever after: past its age the old addresses are
// still given out while run() fetches new ones, and kept when that fails. So only the first call
// for a name waits. Failures are remembered for a short while, or a dead name server would cost
// every caller its full deadline.
class Resolver {
public:
    struct Limits {
        Nanos refresh_after = Seconds{60};
        Nanos negative_for = Seconds{5};
        std::size_t names_max = 256;
    };

    // Blocking; runs on a thread of the pool and touches nothing of the engine.
    using Lookup = std::function<Result<Addresses>(std::string const& host)>;
    static Result<Addresses> system_lookup(std::string const& host);

    Resolver(
        runtime::SidePool& pool,
        runtime::Clock& clock,
        Limits limits = default_limits(),
        Lookup lookup = system_lookup
    );

    // Never empty. Address literals need no lookup. Fault::timeout at the deadline,
    // Fault::transport when the name does not exist or the server does not answer.
    Task<Result<Addresses>> resolve(std::string host, Instant deadline);

    // From memory alone.
    Addresses const* cached(std::string const& host) const;

    // Background refresh: a task for the supervisor. Ends when cancelled.
    Task<void> run();
    // One round of it: looks up every name past its age, one after another.
    Task<void> refresh_due();

    std::uint64_t lookups() const { return lookups_; }

private:
    struct Entry {
        Addresses addresses{};
        Instant resolved_at{};
        Failure failure{};
        Instant failed_until{};
        bool in_flight = false;
        std::vector<asio::steady_timer*> waiters{};
    };

    static Limits default_limits() { return {}; }

    Task<Result<Addresses>> look_up(std::shared_ptr<Entry> entry, std::string host);
    Task<Result<Addresses>> first_answer(std::string host);
    void make_room();

    runtime::SidePool& pool_;
    runtime::Clock& clock_;
    Limits limits_;
    Lookup lookup_;
    std::map<std::string, std::shared_ptr<Entry>> entries_; // coroutines hold theirs
    std::uint64_t lookups_ = 0;
};

} // namespace polyquant::net
