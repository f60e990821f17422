// Counts every allocation of this program, so that "allocates nothing" is a fact and not a hope.
// Left out under AddressSanitizer, which replaces the same operators.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PQ_ADDRESS_SANITIZER
#endif
#endif

#ifndef PQ_ADDRESS_SANITIZER

#include "tests/strategies/scalp_world.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<long> allocations{0};

} // namespace

void* operator new(std::size_t size) {
    ++allocations;
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc{};
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

using namespace polyquant;
using namespace polyquant::strategies;
using polyquant::test::ScalpWorld;

TEST_CASE("A decision that trades nothing allocates nothing", "[strategies][allocation]") {
    ScalpWorld world;
    world.signal.up = 0.5;
    auto const s1 = world.s1();
    auto const s2 = world.s2();
    auto const before = allocations.load();

    auto const first = world.decide(*s1);
    auto const second = world.decide(*s2);
    auto const after = allocations.load();

    CHECK(first.reason == Reason::edge_too_small);
    CHECK(second.reason == Reason::edge_too_small);
    CHECK(after == before);
}

#endif
