#include "engine/core/book.hpp"
#include "tests/support/catch.hpp"

#include <rapidcheck.h>

#include <map>

using namespace polyquant;

namespace {

auto const noon = utc_from_seconds(1'776'081'600);

Book two_sided() {
    Book book;
    std::vector<Level> const bids{{cents(1), shares(900)}, {cents(50), shares(150)}};
    std::vector<Level> const asks{{cents(99), shares(700)}, {cents(52), shares(180)}};
    book.apply_snapshot(bids, asks, noon);
    return book;
}

} // namespace

TEST_CASE("Book takes the best level whatever the order of a snapshot", "[core][book]") {
    auto const book = two_sided();

    CHECK(book.is_live());
    CHECK(book.quote().bid->price == cents(50));
    CHECK(book.quote().ask->price == cents(52));
    CHECK(book.quote().ask->size == shares(180));
}

TEST_CASE("Book replaces a level's total and drops it at zero", "[core][book]") {
    auto book = two_sided();

    book.apply_change(BookSide::ask, cents(51), shares(7), noon + 1s);
    book.apply_change(BookSide::ask, cents(51), shares(3), noon + 2s);
    CHECK(book.quote().ask->size == shares(3));
    book.apply_change(BookSide::ask, cents(51), Shares{}, noon + 3s);
    book.apply_change(BookSide::ask, cents(77), Shares{}, noon + 3s);
    book.end_of_frame();

    CHECK(book.quote().ask->price == cents(52));
    CHECK(book.asks().size() == 2);
    CHECK(book.updated_at() == noon + 3s);
}

TEST_CASE("Book ignores changes before its first snapshot", "[core][book]") {
    Book book;

    book.apply_change(BookSide::bid, cents(50), shares(10), noon);

    CHECK(book.state() == BookState::empty);
    CHECK(book.bids().empty());
}

TEST_CASE("Book quarantines itself when a whole frame leaves it crossed", "[core][book]") {
    auto book = two_sided();

    book.apply_change(BookSide::bid, cents(53), shares(10), noon + 1s);
    CHECK(book.is_live());
    book.apply_change(BookSide::ask, cents(52), Shares{}, noon + 1s);
    book.end_of_frame();
    CHECK(book.is_live());

    book.apply_change(BookSide::bid, cents(99), shares(10), noon + 2s);
    book.end_of_frame();
    CHECK(book.state() == BookState::quarantined);
    CHECK(book.quarantine_reason() == "crossed");
    book.apply_change(BookSide::bid, cents(99), Shares{}, noon + 3s);
    book.end_of_frame();
    CHECK(book.state() == BookState::quarantined);

    book = two_sided();
    CHECK(book.is_live());
}

TEST_CASE("Book refuses impossible levels", "[core][book]") {
    std::vector<Level> const good{{cents(50), shares(1)}};
    std::vector<Level> const zero_price{{Price{}, shares(1)}};
    std::vector<Level> const twice{{cents(50), shares(1)}, {cents(50), shares(2)}};

    for (auto const& bids : {zero_price, twice}) {
        Book book;
        book.apply_snapshot(bids, {}, noon);
        CHECK(book.quarantine_reason() == "impossible level");
    }
    Book book;
    book.apply_snapshot(good, {}, noon);
    CHECK(book.is_live());
    book.apply_change(BookSide::ask, cents(60), -shares(1), noon);
    CHECK(book.quarantine_reason() == "impossible level");
    book.apply_snapshot(good, {}, noon);
    CHECK(book.is_live());
}

TEST_CASE("BookView shows the other outcome at the complement", "[core][book]") {
    auto const book = two_sided();

    auto const down = BookView{book, true};

    CHECK(down.quote().ask->price == cents(50));
    CHECK(down.quote().ask->size == shares(150));
    CHECK(down.quote().bid->price == cents(48));
    CHECK(down.depth(BookSide::ask) == 2);
    CHECK(down.level(BookSide::ask, 1).price == cents(99));
    CHECK(down.size_within(BookSide::ask, cents(98)) == shares(150));
    CHECK(down.size_within(BookSide::ask, cents(99)) == shares(1050));
    CHECK(down.size_within(BookSide::ask, cents(49)).is_zero());
}

TEST_CASE("Book equals a naive map after any sequence of changes", "[core][book]") {
    auto const holds = rc::check([] {
        Book book;
        std::vector<Level> const seed{{cents(20), shares(1)}};
        book.apply_snapshot(seed, {}, noon);
        std::map<std::int64_t, std::int64_t> naive{{200'000, 1'000'000}};
        auto const count = *rc::gen::inRange(0, 200);

        for (int i = 0; i < count; ++i) {
            auto const price = *rc::gen::inRange<std::int64_t>(1, 40) * 10'000;
            auto const size = *rc::gen::inRange<std::int64_t>(0, 3) * 1'000'000;
            book.apply_change(
                BookSide::bid, Price::from_micros(price), Shares::from_micros(size), noon
            );
            if (size == 0)
                naive.erase(price);
            else
                naive[price] = size;
        }

        RC_ASSERT(book.bids().size() == naive.size());
        auto level = book.bids().begin();
        for (auto it = naive.rbegin(); it != naive.rend(); ++it, ++level) {
            RC_ASSERT(level->price.micros() == it->first);
            RC_ASSERT(level->size.micros() == it->second);
        }
    });

    CHECK(holds);
}
