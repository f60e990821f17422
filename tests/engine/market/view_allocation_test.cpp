#include "engine/market/market_board.hpp"
#include "tests/engine/market/board_events.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <new>

namespace {

std::size_t allocations = 0;

} // namespace

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size ? size : 1)) return memory;
    throw std::bad_alloc{};
}

void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
    ++allocations;
    return std::malloc(size ? size : 1);
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::nothrow_t const&) noexcept {
    std::free(memory);
}

using namespace polyquant;
using namespace polyquant::testing;

TEST_CASE("Board makes a view and takes a price or a level without allocating", "[market][board]") {
    market::MarketBoard board;
    auto const listing = btc_market(0, twap_rule(60s));
    board.on(listed(listing));
    board.on(snapshot(listing.up, at(1), cents(88), cents(91)));
    for (int s = 200; s < 290; ++s)
        board.on(tick(s, 90'000));
    auto const next_tick = tick(290, 90'001);
    auto const next_change = change(listing.up, at(290), BookSide::ask, cents(91), shares(7));

    auto const before = allocations;
    board.on(next_tick);
    board.on(next_change);
    auto const view = board.view(Asset::btc, listing.window, at(290.5));
    auto const after = allocations;

    CHECK(after == before);
    CHECK(view.average.has_value());
    CHECK(view.up->quote().ask->size == shares(7));
}
