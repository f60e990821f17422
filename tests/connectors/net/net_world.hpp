// Real sockets on the loopback, simulated time: a deadline is reached by moving the clock.
#pragma once

#include "connectors/net/https_client.hpp"
#include "engine/runtime/sim_clock.hpp"
#include "tests/connectors/net/test_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace polyquant::net::testing {

// Made once for the whole test program; making keys is not free.
struct Trust {
    Credentials authority = make_authority("test authority");
    Credentials venue = make_certificate(authority, {"venue.test", "*.wild.test", "127.0.0.1"});
    Credentials other = make_certificate(authority, {"other.test"});
    Credentials stranger = make_authority("venue.test");
    std::string ca_file;

    Trust() {
        auto const path = std::filesystem::temp_directory_path() /
                          ("polyquant-test-ca-" + std::to_string(::getpid()) + ".pem");
        std::ofstream{path} << authority.certificate_pem;
        ca_file = path.string();
    }

    ~Trust() {
        std::error_code ignored;
        std::filesystem::remove(ca_file, ignored);
    }

    static Trust const& shared() {
        static Trust const trust;
        return trust;
    }
};

// Every name is the loopback, except those that begin with "no".
inline Result<Addresses> loopback_lookup(std::string const& host) {
    if (host.starts_with("no")) return Failure{Fault::transport, "resolve " + host, "no such name"};
    return Addresses{asio::ip::address_v4::loopback()};
}

inline Url
url_of(TestServer const& server, std::string const& target = "/", char const* scheme = "https") {
    return parse_url(
               std::string{scheme} + "://venue.test:" + std::to_string(server.port()) + target
    )
        .value();
}

struct NetWorld {
    runtime::SimClock clock{utc_from_seconds(1'776'081'610)};
    asio::io_context io;
    runtime::SidePool pool{io, 1, runtime::Delivery::as_ready};
    Resolver resolver{pool, clock, {}, loopback_lookup};
    TlsContext tls = TlsContext::create({Trust::shared().ca_file}).value();
    Dialer dialer;
    std::vector<std::pair<std::string, BreakerState>> breaker_changes{};
    EndpointGroups groups{[this](std::string const& group, BreakerState state) {
        breaker_changes.emplace_back(group, state);
    }};
    HttpsClient client;

    explicit NetWorld(HttpsClient::Options options = {}, ProxySettings proxies = {})
        : dialer{io.get_executor(), clock, resolver, tls, std::move(proxies)},
          client{dialer, groups, random_from_seed(1), options} {}

    // Handles events until `done`; a test that waits for nothing fails instead of hanging.
    void run_until(std::function<bool()> const& done) {
        io.restart();
        while (!done())
            if (io.run_one_for(std::chrono::seconds{60}) == 0)
                throw std::logic_error{"nothing happened for a minute"};
    }

    template <class T>
    struct Pending {
        std::optional<T> value{};
        std::exception_ptr error{};

        bool is_done() const { return value.has_value() || error; }
    };

    template <class T>
    std::shared_ptr<Pending<T>> start(Task<T> task) {
        auto pending = std::make_shared<Pending<T>>();
        asio::co_spawn(io, std::move(task), [pending](std::exception_ptr const& e, T value) {
            if (e)
                pending->error = e;
            else
                pending->value.emplace(std::move(value));
        });
        return pending;
    }

    template <class T>
    T finish(Pending<T>& pending) {
        run_until([&] { return pending.is_done(); });
        if (pending.error) std::rethrow_exception(pending.error);
        return std::move(*pending.value);
    }

    template <class T>
    T run(Task<T> task) {
        auto const pending = start(std::move(task));
        return finish(*pending);
    }

    Instant in(Nanos time) const { return clock.now() + time; }

    void advance(Nanos time) { clock.advance_to(clock.now() + time); }

    // Time passes from one due instant to the next whenever the sockets are quiet, until `done`. A
    // name being looked up is no quiet: its thread may have to wait for a processor.
    void pass_until(std::function<bool()> const& done) {
        for (auto step = 0; !done(); ++step) {
            if (step > 20'000) throw std::logic_error{"what the test waits for never came"};
            io.restart();
            auto const quiet = std::chrono::milliseconds{pool.pending() > 0 ? 5'000 : 5};
            if (io.run_one_for(quiet) > 0) continue;
            if (auto const due = clock.next_due()) clock.advance_to(*due);
        }
    }
};

} // namespace polyquant::net::testing
