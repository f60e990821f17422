#include "engine/accuracy/bet_book.hpp"
#include "tests/engine/accuracy/fact_maker.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::accuracy;
using namespace polyquant::accuracy::testing;

namespace {

struct BookWorld {
    BetBook book;
    FactMaker maker;

    BookWorld() {
        maker.hear = [this](Fact const& fact) {
            book.on(fact);
        };
        maker.epoch(7);
    }

    std::vector<BetJudged> judge() {
        auto const due = book.due();
        for (auto const& bet : due)
            maker.add(bet);
        return due;
    }
};

} // namespace

TEST_CASE("BetBook judges a filled buy by its window's winner, once", "[accuracy]") {
    BookWorld world;
    world.maker.bet(1, 0, 0.9, true);

    auto const due = world.judge();

    REQUIRE(due.size() == 1);
    CHECK(due[0].won);
    CHECK(due[0].epoch == 7);
    CHECK(due[0].promised == 0.9);
    CHECK(due[0].size == shares(5));
    CHECK(due[0].cost == usd_cents(450));
    CHECK(due[0].fee == usd_cents(3));
    CHECK(due[0].first_of_window);
    CHECK(due[0].first_of_asset);
    CHECK(world.book.due().empty());
}

TEST_CASE("BetBook leaves out orders without a fill and markets paid half", "[accuracy]") {
    BookWorld world;
    world.maker.place(1, 0, Asset::btc, Outcome::up, 0.9);
    world.maker.settle(0, Asset::btc, Outcome::up);
    world.maker.place(2, 1, Asset::btc, Outcome::up, 0.9);
    world.maker.fill(2, 1, Asset::btc);
    world.maker.settle(1, Asset::btc, std::nullopt);

    CHECK(world.book.due().empty());
}

TEST_CASE("BetBook voids a trade that failed to settle", "[accuracy]") {
    BookWorld world;
    world.maker.place(1, 0, Asset::btc, Outcome::up, 0.9);
    world.maker.fill(1, 0, Asset::btc, "gone");
    world.maker.add(TradeChanged{
        TradeId{"gone"}, order_id(1), strategy, TradeState::matched, TradeState::failed
    });
    world.maker.settle(0, Asset::btc, Outcome::up);

    CHECK(world.book.due().empty());
}

TEST_CASE("BetBook judges a bet whose fill was told of after the settlement", "[accuracy]") {
    BookWorld world;
    world.maker.place(1, 0, Asset::btc, Outcome::down, 0.9);
    world.maker.settle(0, Asset::btc, Outcome::up);
    REQUIRE(world.book.due().empty());

    world.maker.fill(1, 0, Asset::btc);

    REQUIRE(world.book.due().size() == 1);
    CHECK_FALSE(world.book.due()[0].won);
}

TEST_CASE("BetBook corrects a bet when its market is settled anew", "[accuracy]") {
    BookWorld world;
    world.maker.bet(1, 0, 0.9, true);
    world.judge();

    world.maker.settle(0, Asset::btc, Outcome::down);
    auto const due = world.judge();

    REQUIRE(due.size() == 1);
    CHECK(due[0].corrects);
    CHECK_FALSE(due[0].won);
    CHECK(due[0].size == shares(5));
    CHECK(world.book.due().empty());
}

TEST_CASE("BetBook counts one bet a window and one a coin, by the order of fills", "[accuracy]") {
    BookWorld world;
    world.maker.place(1, 0, Asset::btc, Outcome::up, 0.9);
    world.maker.place(2, 0, Asset::eth, Outcome::up, 0.9);
    world.maker.place(3, 0, Asset::eth, Outcome::up, 0.9);
    world.maker.fill(3, 0, Asset::eth);
    world.maker.fill(1, 0, Asset::btc);
    world.maker.fill(2, 0, Asset::eth);
    world.maker.settle(0, Asset::btc, Outcome::up);
    world.maker.settle(0, Asset::eth, Outcome::up);

    auto const due = world.judge();

    REQUIRE(due.size() == 3); // in the order they were placed
    CHECK_FALSE(due[0].first_of_window);
    CHECK(due[0].first_of_asset);
    CHECK_FALSE(due[1].first_of_asset);
    CHECK(due[2].first_of_window);
    CHECK(due[2].first_of_asset);
}
