#include "tests/connectors/net/net_world.hpp"
#include "tests/support/catch.hpp"

#include <future>

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::testing;

namespace {

// Answers with the address the test set, or its failure.
struct Names {
    std::atomic<unsigned> last_byte{1};
    std::atomic<bool> fails{false};

    Resolver::Lookup lookup() {
        return [this](std::string const& host) -> Result<Addresses> {
            if (fails) return Failure{Fault::transport, "resolve " + host, "no such name"};
            return Addresses{asio::ip::make_address_v4(0x7f000000U + last_byte)};
        };
    }
};

struct World {
    runtime::SimClock clock{utc_from_seconds(1'776'081'600)};
    asio::io_context io;
    runtime::SidePool pool{io, 1, runtime::Delivery::held};
    Names names;
    Resolver resolver{pool, clock, {}, names.lookup()};

    // Held delivery: the lookup's result arrives when the test says so.
    Result<Addresses> resolve(std::string host) {
        std::optional<Result<Addresses>> out;
        asio::co_spawn(
            io,
            resolver.resolve(std::move(host), clock.now() + Seconds{3}),
            [&](std::exception_ptr const&, Result<Addresses> r) { out = std::move(r); }
        );
        settle();
        REQUIRE(out.has_value());
        return *out;
    }

    void settle() {
        for (;;) {
            io.restart();
            io.poll();
            if (pool.deliver() == 0) break;
        }
    }

    void refresh() {
        asio::co_spawn(io, resolver.refresh_due(), [](std::exception_ptr const&) {});
        settle();
    }
};

} // namespace

TEST_CASE("Resolver looks a name up once and then answers from memory", "[net][resolver]") {
    World world;

    auto const first = world.resolve("venue.test");
    auto const second = world.resolve("venue.test");

    CHECK(first.value() == second.value());
    CHECK(world.resolver.lookups() == 1);
    REQUIRE(world.resolver.cached("venue.test") != nullptr);
}

TEST_CASE("Resolver needs no lookup for an address", "[net][resolver]") {
    World world;

    CHECK(world.resolve("127.0.0.9").value().front().to_string() == "127.0.0.9");
    CHECK(world.resolve("::1").value().front().to_string() == "::1");
    CHECK(world.resolver.lookups() == 0);
}

TEST_CASE("Resolver gives old addresses while it fetches new ones", "[net][resolver]") {
    World world;
    world.resolve("venue.test");
    world.names.last_byte = 2;
    world.clock.advance_to(world.clock.now() + Seconds{600});

    CHECK(world.resolve("venue.test").value().front().to_string() == "127.0.0.1");
    world.refresh();
    CHECK(world.resolve("venue.test").value().front().to_string() == "127.0.0.2");
    CHECK(world.resolver.lookups() == 2);
}

TEST_CASE("Resolver keeps the old addresses when the name server fails", "[net][resolver]") {
    World world;
    world.resolve("venue.test");
    world.names.fails = true;
    world.clock.advance_to(world.clock.now() + Seconds{600});

    world.refresh();

    CHECK(world.resolve("venue.test").value().front().to_string() == "127.0.0.1");
}

TEST_CASE("Resolver remembers a failure for a short while only", "[net][resolver]") {
    World world;
    world.names.fails = true;

    CHECK(world.resolve("venue.test").error().fault == Fault::transport);
    world.names.fails = false;
    CHECK(world.resolve("venue.test").has_error());
    CHECK(world.resolver.lookups() == 1);
    world.clock.advance_to(world.clock.now() + Seconds{5});
    CHECK(world.resolve("venue.test").has_value());
}

TEST_CASE("Resolver refreshes in the background until it is cancelled", "[net][resolver]") {
    World world;
    world.resolve("venue.test");
    asio::cancellation_signal stop;
    auto ended = false;
    asio::co_spawn(
        world.io,
        world.resolver.run(),
        asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr const&) { ended = true; })
    );
    world.settle();

    for (auto i = 0; i < 4; ++i) {
        world.clock.advance_to(world.clock.now() + Seconds{15});
        world.settle();
    }
    CHECK(world.resolver.lookups() == 2);
    stop.emit(asio::cancellation_type::terminal);
    world.settle();

    CHECK(ended);
}

TEST_CASE("Resolver returns at the deadline of a name server that hangs", "[net][resolver]") {
    std::promise<void> gate;
    auto const released = gate.get_future().share();
    NetWorld world;
    Resolver
        resolver{world.pool, world.clock, {}, [released](std::string const&) -> Result<Addresses> {
                     released.wait();
                     return Addresses{asio::ip::address_v4::loopback()};
                 }};
    auto const first = world.start(resolver.resolve("slow.test", world.in(Seconds{3})));
    auto const second = world.start(resolver.resolve("slow.test", world.in(Seconds{9})));
    world.run_until([&] { return world.pool.pending() == 1; });

    world.advance(Seconds{3});
    auto const answer = world.finish(*first);
    CHECK(answer.error().fault == Fault::timeout);

    // The second caller takes the lookup over instead of waiting for an answer nobody fetches.
    gate.set_value();
    CHECK(world.finish(*second).has_value());
}

TEST_CASE("Resolver asks the system for real", "[net][resolver]") {
    auto const addresses = Resolver::system_lookup("localhost");

    REQUIRE(addresses.has_value());
    CHECK(addresses->front().is_loopback());
}
