#include "engine/runtime/bus.hpp"
#include "tests/engine/runtime/allocations.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <cstdlib>
#include <new>
#include <stdexcept>

namespace {

std::atomic<std::uint64_t> allocation_count{0};

} // namespace

void* operator new(std::size_t size) {
    ++allocation_count;
    if (auto* memory = std::malloc(size)) return memory;
    throw std::bad_alloc{};
}

void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
    ++allocation_count;
    return std::malloc(size);
}

void operator delete(void* memory, std::nothrow_t const&) noexcept {
    std::free(memory);
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

std::uint64_t polyquant::runtime::testing::allocations() {
    return allocation_count;
}

using namespace polyquant;
using namespace polyquant::runtime;
using namespace polyquant::runtime::testing;

namespace {

PriceTick tick(std::uint64_t seq) {
    PriceTick t;
    t.at.seq = seq;
    return t;
}

BookChange change(std::uint64_t seq) {
    BookChange c;
    c.at.seq = seq;
    return c;
}

using Seen = std::vector<std::pair<std::string, std::uint64_t>>;

Bus::Handler note(Seen& seen, std::string who) {
    return [&seen, who](Event const& e) {
        seen.emplace_back(who, stamp_of(e).seq);
    };
}

} // namespace

TEST_CASE("Bus delivers in the order of subscribing, by kind", "[runtime][bus]") {
    Bus bus;
    Seen seen;
    bus.subscribe("b", EventKinds::of<PriceTick, BookChange>(), note(seen, "b"));
    bus.subscribe("a", EventKinds::of<PriceTick>(), note(seen, "a"));
    bus.subscribe("c", EventKinds::all(), note(seen, "c"));

    bus.publish(tick(1));
    bus.publish(change(2));
    bus.publish(PublicTrade{});

    CHECK(seen == Seen{{"b", 1}, {"a", 1}, {"c", 1}, {"b", 2}, {"c", 2}, {"c", 0}});
    CHECK(bus.published<PriceTick>() == 1);
    CHECK(bus.published<FeedState>() == 0);
    CHECK(bus.published_in_all() == 3);
}

TEST_CASE("Bus delivers an event of a handler after the current one, in order", "[runtime][bus]") {
    Bus bus;
    Seen seen;
    bus.on<PriceTick>("first", [&](PriceTick const& t) {
        seen.emplace_back("first", t.at.seq);
        if (t.at.seq == 1) {
            bus.publish(tick(2));
            bus.publish(change(3));
        }
        if (t.at.seq == 2) bus.publish(tick(4));
    });
    bus.subscribe("last", EventKinds::all(), note(seen, "last"));

    bus.publish(tick(1));

    CHECK(
        seen ==
        Seen{
            {"first", 1},
            {"last", 1},
            {"first", 2},
            {"last", 2},
            {"last", 3},
            {"first", 4},
            {"last", 4}
        }
    );
}

TEST_CASE("Bus lets handlers subscribe and unsubscribe", "[runtime][bus]") {
    Bus bus;
    Seen seen;
    Bus::SubscriptionId second = 0;
    auto const first = bus.subscribe("first", EventKinds::all(), [&](Event const& e) {
        if (stamp_of(e).seq != 1) return;
        bus.unsubscribe(second);
        for (auto i = 0; i < 20; ++i)
            bus.subscribe("new", EventKinds::all(), note(seen, "new"));
    });
    second = bus.subscribe("second", EventKinds::all(), note(seen, "second"));

    bus.publish(tick(1));
    CHECK(seen.empty());

    bus.publish(tick(2));
    CHECK(seen == Seen(20, {"new", 2}));

    bus.unsubscribe(first);
    bus.publish(tick(3));
    CHECK(seen.size() == 40);
}

TEST_CASE("Bus posts copies into a mailbox", "[runtime][bus]") {
    asio::io_context io;
    Bus bus;
    CountMailbox<Event> box{io.get_executor(), "ticks", 2};
    bus.subscribe(EventKinds::of<PriceTick>(), box);

    for (std::uint64_t i = 1; i <= 3; ++i)
        bus.publish(tick(i));
    bus.publish(change(4));

    CHECK(box.drops() == 1);
    CHECK(stamp_of(*box.try_next()).seq == 2);
    CHECK(stamp_of(*box.try_next()).seq == 3);
    CHECK_FALSE(box.try_next());
}

TEST_CASE("Bus stays usable when a handler throws", "[runtime][bus]") {
    Bus bus;
    Seen seen;
    bus.on<PriceTick>("bad", [&](PriceTick const& t) {
        if (t.at.seq != 1) return;
        bus.publish(tick(2));
        throw std::runtime_error{"bug"};
    });
    bus.subscribe("good", EventKinds::all(), note(seen, "good"));

    CHECK_THROWS_AS(bus.publish(tick(1)), std::runtime_error);
    bus.publish(tick(3));

    CHECK(seen == Seen{{"good", 3}});
    CHECK(bus.discarded() == 1);
}

TEST_CASE("Publishing and posting allocate nothing once warm", "[runtime][bus][mailbox]") {
    asio::io_context io;
    Bus bus;
    CountMailbox<Event> box{io.get_executor(), "all", 8};
    std::uint64_t sum = 0;
    bus.subscribe(EventKinds::all(), box);
    bus.on<BookChange>("sum", [&](BookChange const& c) {
        sum += c.at.seq;
        bus.publish(tick(c.at.seq));
    });
    auto const publish_some = [&] {
        for (std::uint64_t i = 0; i < 1000; ++i)
            bus.publish(change(i));
    };
    publish_some();

    auto const before = allocations();
    publish_some();

    CHECK(allocations() == before);
    CHECK(sum == 999'000);
    CHECK(box.depth() == 8);
}
