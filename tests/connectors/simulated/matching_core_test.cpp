#include "tests/connectors/simulated/core_fixture.hpp"

using namespace polyquant;
using namespace polyquant::simulated;
using Status = OrderReport::Status;
using enum TimeInForce;

TEST_CASE("MatchingCore walks the book level by level and charges each fill", "[simulated]") {
    CoreFixture f;
    f.book({lv(88, 100)}, {lv(90, 10), lv(91, 20), lv(93, 50)});

    REQUIRE(f.submit(f.order(1, Side::buy, 92, 25, fak)));

    auto const t = f.trades(1);
    REQUIRE(t.size() == 2);
    CHECK(t[0].price == cents(90));
    CHECK(t[0].size == shares(10));
    CHECK(t[0].fee == Usdc::from_micros(63'000)); // 10 * 0.07 * 0.9 * 0.1
    CHECK(t[1].price == cents(91));
    CHECK(t[1].size == shares(15));
    CHECK(t[1].fee == Usdc::from_micros(86'000)); // 0.085995 rounded up at 5 decimals
    CHECK(f.status(1) == Status::matched);
}

TEST_CASE("MatchingCore kills a FOK that the book cannot fill and takes nothing", "[simulated]") {
    CoreFixture f;
    f.book({}, {lv(90, 10), lv(91, 5)});

    REQUIRE(f.submit(f.order(1, Side::buy, 91, 16, fok)));

    CHECK(f.trades(1).empty());
    CHECK(f.status(1) == Status::unmatched);
    REQUIRE(f.submit(f.order(2, Side::buy, 91, 15, fok)));
    CHECK(f.filled(2) == shares(15));
}

TEST_CASE(
    "MatchingCore fills a FAK as far as the limit reaches and kills the rest", "[simulated]"
) {
    CoreFixture f;
    f.book({}, {lv(90, 10), lv(95, 50)});

    REQUIRE(f.submit(f.order(1, Side::buy, 92, 40, fak)));

    CHECK(f.filled(1) == shares(10));
    CHECK(f.status(1) == Status::matched);
    CHECK(f.core.look_up(order_id(1)).matched == shares(10));
    CHECK(f.core.resting_count() == 0);
}

TEST_CASE("MatchingCore kills a FAK that meets nothing", "[simulated]") {
    CoreFixture f;
    f.book({}, {lv(95, 50)});

    REQUIRE(f.submit(f.order(1, Side::buy, 92, 40, fak)));

    CHECK(f.status(1) == Status::unmatched);
    CHECK(f.core.look_up(order_id(1)).reason == Reason::not_filled);
}

TEST_CASE("MatchingCore does not sell the same displayed size twice", "[simulated]") {
    CoreFixture f;
    f.book({}, {lv(90, 30)});

    REQUIRE(f.submit(f.order(1, Side::buy, 90, 20, fok)));
    REQUIRE(f.submit(f.order(2, Side::buy, 90, 20, fok)));
    CHECK(f.status(2) == Status::unmatched);
    f.change(BookSide::ask, 91, 5);
    REQUIRE(f.submit(f.order(3, Side::buy, 90, 20, fok)));
    CHECK(f.status(3) == Status::unmatched);
    f.change(BookSide::ask, 90, 29);
    REQUIRE(f.submit(f.order(4, Side::buy, 90, 20, fok)));

    CHECK(f.status(4) == Status::matched);
}

TEST_CASE(
    "MatchingCore with the strict depletion model waits until the level was empty", "[simulated]"
) {
    auto rules = CoreFixture::plain();
    rules.assumptions.depletion = DepletionModel::until_level_empties;
    CoreFixture f{rules};
    f.book({}, {lv(90, 30)});
    REQUIRE(f.submit(f.order(1, Side::buy, 90, 20, fok)));

    f.change(BookSide::ask, 90, 35);
    REQUIRE(f.submit(f.order(2, Side::buy, 90, 40, fak)));
    CHECK(f.filled(2) == shares(15));
    f.change(BookSide::ask, 90, 0);
    f.change(BookSide::ask, 90, 35);
    REQUIRE(f.submit(f.order(3, Side::buy, 90, 40, fak)));

    CHECK(f.filled(3) == shares(35));
}

TEST_CASE("MatchingCore keeps what a snapshot does not change depleted", "[simulated]") {
    CoreFixture f;
    f.book({}, {lv(90, 30), lv(91, 10)});
    REQUIRE(f.submit(f.order(1, Side::buy, 91, 40, fok)));

    f.book({}, {lv(90, 30), lv(91, 12)});
    REQUIRE(f.submit(f.order(2, Side::buy, 91, 40, fak)));

    auto const t = f.trades(2);
    REQUIRE(t.size() == 1);
    CHECK(t[0].price == cents(91));
    CHECK(t[0].size == shares(12));
}

TEST_CASE("MatchingCore counts the two books of a market as one liquidity", "[simulated]") {
    CoreFixture f;
    f.book({}, {lv(90, 30)}, Outcome::up);
    f.book({lv(10, 30)}, {}, Outcome::down);

    REQUIRE(f.submit(f.order(1, Side::buy, 90, 30, fok)));
    auto sell_down = f.order(2, Side::sell, 10, 20, fak);
    sell_down.token = f.market.down;
    REQUIRE(f.submit(sell_down));

    CHECK(f.filled(1) == shares(30));
    CHECK(f.status(2) == Status::unmatched);
}

TEST_CASE("MatchingCore fills a buy of Up from bids for Down at the complement", "[simulated]") {
    CoreFixture f;
    f.book({lv(12, 30)}, {}, Outcome::down);

    REQUIRE(f.submit(f.order(1, Side::buy, 90, 10, fok)));

    auto const t = f.trades(1);
    REQUIRE(t.size() == 1);
    CHECK(t[0].price == cents(88));
    CHECK(t[0].token == f.market.up);
}

TEST_CASE(
    "MatchingCore matches buyers of both outcomes with each other at the maker's price",
    "[simulated]"
) {
    CoreFixture f;
    auto maker = f.order(1, Side::buy, 41, 50, gtc);
    maker.token = f.market.down;
    maker.account = 1;
    auto taker = f.order(2, Side::buy, 60, 20, fok);
    taker.account = 2;

    REQUIRE(f.submit(maker));
    REQUIRE(f.submit(taker));

    auto const made = f.trades(1);
    auto const took = f.trades(2);
    REQUIRE(made.size() == 1);
    REQUIRE(took.size() == 1);
    CHECK(made[0].price == cents(41));
    CHECK(made[0].maker);
    CHECK(made[0].fee == Usdc{});
    CHECK(took[0].price == cents(59));
    CHECK(took[0].trade == made[0].trade);
    CHECK(f.status(1) == Status::live);
}

TEST_CASE("MatchingCore serves resting orders by price, then by time", "[simulated]") {
    CoreFixture f;
    for (std::uint8_t n = 1; n <= 3; ++n) {
        auto o = f.order(n, Side::sell, n == 3 ? 59 : 60, 10, gtc);
        o.account = n;
        REQUIRE(f.submit(o));
    }
    auto taker = f.order(4, Side::buy, 60, 15, fok);
    taker.account = 9;

    REQUIRE(f.submit(taker));

    CHECK(f.filled(3) == shares(10));
    CHECK(f.filled(1) == shares(5));
    CHECK(f.filled(2) == shares(0));
}

TEST_CASE(
    "MatchingCore lets older external size go before a resting order and newer after", "[simulated]"
) {
    CoreFixture f;
    f.book({}, {lv(60, 10)});
    auto maker = f.order(1, Side::sell, 60, 10, gtc);
    maker.account = 1;
    REQUIRE(f.submit(maker));
    f.change(BookSide::ask, 60, 25);
    auto taker = f.order(2, Side::buy, 60, 15, fok);
    taker.account = 2;

    REQUIRE(f.submit(taker));

    CHECK(f.filled(1) == shares(5));
    CHECK(f.trades(2).size() == 2);
}

TEST_CASE("MatchingCore never lets an account trade with itself", "[simulated]") {
    CoreFixture f;
    REQUIRE(f.submit(f.order(1, Side::sell, 60, 10, gtc)));

    REQUIRE(f.submit(f.order(2, Side::buy, 60, 10, gtc)));

    CHECK(f.notices.size() == 3);
    CHECK(f.status(1) == Status::cancelled);
    CHECK(f.status(2) == Status::live);
}

TEST_CASE("MatchingCore rests what a GTC could not take", "[simulated]") {
    CoreFixture f;
    f.book({}, {lv(60, 10)});

    REQUIRE(f.submit(f.order(1, Side::buy, 60, 30, gtc)));

    CHECK(f.filled(1) == shares(10));
    CHECK(f.status(1) == Status::live);
    CHECK(f.core.look_up(order_id(1)).matched == shares(10));
}

TEST_CASE(
    "MatchingCore fills a resting order only after the queue ahead has traded", "[simulated]"
) {
    CoreFixture f;
    f.book({lv(60, 100)}, {lv(65, 10)});
    REQUIRE(f.submit(f.order(1, Side::buy, 60, 20, gtc)));

    f.print(Side::sell, 60, 70);
    CHECK(f.filled(1) == shares(0));
    f.print(Side::sell, 60, 40);
    CHECK(f.filled(1) == shares(10));
    f.print(Side::buy, 65, 40);
    CHECK(f.filled(1) == shares(10));
    f.print(Side::sell, 60, 40);

    CHECK(f.filled(1) == shares(20));
    CHECK(f.status(1) == Status::matched);
    CHECK(f.trades(1)[0].price == cents(60));
    CHECK(f.trades(1)[0].maker);
}

TEST_CASE("MatchingCore believes that those who cancel stood behind us", "[simulated]") {
    CoreFixture f;
    f.book({lv(60, 100)}, {lv(65, 10)});
    REQUIRE(f.submit(f.order(1, Side::buy, 60, 20, gtc)));

    f.change(BookSide::bid, 60, 150);
    f.change(BookSide::bid, 60, 120);
    f.print(Side::sell, 60, 100);
    CHECK(f.filled(1) == shares(0));
    f.change(BookSide::bid, 60, 30);
    f.print(Side::sell, 60, 1);

    CHECK(f.filled(1) == shares(1));
}

TEST_CASE("MatchingCore shortens the queue to what is displayed", "[simulated]") {
    CoreFixture f;
    f.book({lv(60, 100)}, {lv(65, 10)});
    REQUIRE(f.submit(f.order(1, Side::buy, 60, 20, gtc)));

    f.change(BookSide::bid, 60, 10);
    f.change(BookSide::bid, 60, 200);
    f.print(Side::sell, 60, 15);

    CHECK(f.filled(1) == shares(5));
}

TEST_CASE("MatchingCore with pro-rata cancels moves ahead by our share of them", "[simulated]") {
    auto rules = CoreFixture::plain();
    rules.assumptions.queue = QueueModel::cancels_pro_rata;
    CoreFixture f{rules};
    f.book({lv(60, 100)}, {lv(65, 10)});
    REQUIRE(f.submit(f.order(1, Side::buy, 60, 20, gtc)));

    f.change(BookSide::bid, 60, 200);
    f.change(BookSide::bid, 60, 100);
    f.print(Side::sell, 60, 60);

    CHECK(f.filled(1) == shares(10));
}

TEST_CASE(
    "MatchingCore fills a resting order when the other side reaches its price", "[simulated]"
) {
    CoreFixture f;
    f.book({lv(60, 100)}, {lv(65, 10)});
    REQUIRE(f.submit(f.order(1, Side::buy, 60, 20, gtc)));

    f.change(BookSide::bid, 60, 0, false);
    f.change(BookSide::ask, 60, 15);
    CHECK(f.filled(1) == shares(15));
    f.change(BookSide::ask, 70, 15);

    CHECK(f.filled(1) == shares(15));
    CHECK(f.trades(1)[0].price == cents(60));
}

TEST_CASE("MatchingCore with the trade-through model wants a price beyond ours", "[simulated]") {
    auto rules = CoreFixture::plain();
    rules.assumptions.fill = FillModel::trade_through;
    CoreFixture f{rules};
    f.book({}, {lv(65, 10)});
    REQUIRE(f.submit(f.order(1, Side::buy, 60, 20, gtc)));

    f.print(Side::sell, 60, 500);
    f.change(BookSide::ask, 60, 15);
    CHECK(f.filled(1) == shares(0));
    f.print(Side::sell, 59, 5);
    CHECK(f.filled(1) == shares(5));
    f.change(BookSide::ask, 59, 30);

    CHECK(f.filled(1) == shares(20));
}

TEST_CASE("MatchingCore takes prints of Down as trades in the mirrored Up", "[simulated]") {
    CoreFixture f;
    f.book({}, {lv(65, 10)});
    REQUIRE(f.submit(f.order(1, Side::buy, 60, 20, gtc)));

    f.core.on(PublicTrade{f.stamp(), f.market.down, Side::buy, cents(41), shares(8)}, f.notices);

    CHECK(f.filled(1) == shares(8));
    CHECK(f.trades(1)[0].price == cents(60));
}

TEST_CASE("MatchingCore believes in a part of what is displayed", "[simulated]") {
    auto rules = CoreFixture::plain();
    rules.assumptions.displayed_ppm = 800'000;
    CoreFixture f{rules};
    f.book({}, {lv(90, 100)});

    REQUIRE(f.submit(f.order(1, Side::buy, 90, 100, fak)));

    CHECK(f.filled(1) == shares(80));
}

TEST_CASE("MatchingCore slips takers up to their limit and no further", "[simulated]") {
    auto rules = CoreFixture::plain();
    rules.assumptions.slippage = cents(1);
    CoreFixture f{rules};
    f.book({lv(80, 100)}, {lv(90, 10), lv(92, 10)});

    REQUIRE(f.submit(f.order(1, Side::buy, 92, 20, fok)));
    REQUIRE(f.submit(f.order(2, Side::sell, 50, 20, fok)));

    CHECK(f.trades(1)[0].price == cents(91));
    CHECK(f.trades(1)[1].price == cents(92));
    CHECK(f.trades(2)[0].price == cents(79));
}

TEST_CASE("MatchingCore trades nothing on a quarantined book", "[simulated]") {
    CoreFixture f;
    f.book({lv(88, 10)}, {lv(90, 10)});
    f.change(BookSide::bid, 95, 10);

    REQUIRE(f.submit(f.order(1, Side::buy, 96, 5, fok)));

    CHECK(f.status(1) == Status::unmatched);
}

TEST_CASE("MatchingCore refuses what the venue refuses, in its words", "[simulated]") {
    CoreFixture f;
    f.book({lv(88, 100)}, {lv(90, 100)});
    auto off_tick = f.order(1, Side::buy, 90, 10, fok);
    off_tick.limit = Price::from_micros(905'000);
    auto crossing_maker = f.order(1, Side::buy, 90, 10, gtc);
    crossing_maker.post_only = true;
    auto post_only_fok = f.order(1, Side::buy, 90, 10, fok);
    post_only_fok.post_only = true;
    auto soon = f.order(1, Side::buy, 80, 10, gtd);
    soon.expires_at = test_time + 179s;
    auto odd_size = f.order(1, Side::buy, 80, 10, gtc);
    odd_size.size = Shares::from_micros(10'005'000);
    auto nowhere = f.order(1, Side::buy, 80, 10, gtc);
    nowhere.token.bytes[31] = 99;

    CHECK_THAT(f.refusal(off_tick), Catch::Contains("breaks minimum tick size rule: 0.01"));
    CHECK_THAT(
        f.refusal(f.order(1, Side::buy, 100, 10, fok)), Catch::Contains("minimum tick size")
    );
    CHECK_THAT(
        f.refusal(f.order(1, Side::buy, 80, 4, gtc)), Catch::Contains("lower than the minimum: 5")
    );
    CHECK_THAT(f.refusal(f.order(1, Side::buy, 90, 1, fok)), Catch::Contains("min size: $1"));
    CHECK_THAT(f.refusal(crossing_maker), Catch::Contains("order crosses book"));
    CHECK_THAT(f.refusal(post_only_fok), Catch::Contains("invalid post-only order"));
    CHECK_THAT(f.refusal(soon), Catch::Contains("invalid expiration"));
    CHECK_THAT(f.refusal(odd_size), Catch::Contains("invalid amounts"));
    CHECK_THAT(f.refusal(nowhere), Catch::Contains("no market is listed"));
    CHECK(f.refusal(f.order(1, Side::buy, 80, 5, gtc)) == "accepted");
    CHECK_THAT(f.refusal(f.order(1, Side::buy, 80, 5, gtc)), Catch::Contains("Duplicated."));
}

TEST_CASE("MatchingCore removes a GTD order a minute before its expiry", "[simulated]") {
    CoreFixture f;
    auto o = f.order(1, Side::buy, 50, 10, gtd);
    o.expires_at = test_time + 200s;
    REQUIRE(f.submit(o));

    f.core.expire(test_time + 139s, f.notices);
    CHECK(f.status(1) == Status::live);
    f.core.expire(test_time + 140s, f.notices);

    CHECK(f.status(1) == Status::cancelled);
}

TEST_CASE("MatchingCore cancels resting orders only, and only for their account", "[simulated]") {
    CoreFixture f;
    REQUIRE(f.submit(f.order(1, Side::buy, 50, 10, gtc)));
    REQUIRE(f.core.admit(f.order(2, Side::buy, 50, 10, gtc), test_time));

    CHECK_FALSE(f.core.cancel(order_id(1), 5, f.notices));
    CHECK_FALSE(f.core.cancel(order_id(2), 0, f.notices));
    CHECK_FALSE(f.core.cancel(order_id(3), 0, f.notices));
    CHECK(f.core.cancel(order_id(1), 0, f.notices));
    CHECK_FALSE(f.core.cancel(order_id(1), 0, f.notices));

    CHECK(f.status(1) == Status::cancelled);
    CHECK(f.status(2) == Status::delayed);
    CHECK(f.status(3) == Status::not_found);
}

TEST_CASE("MatchingCore cancels everything when the market resolves", "[simulated]") {
    CoreFixture f;
    REQUIRE(f.submit(f.order(1, Side::buy, 50, 10, gtc)));
    REQUIRE(f.core.admit(f.order(2, Side::buy, 50, 10, fok), test_time));

    f.core.resolve(f.market.condition, f.notices);
    f.core.execute(order_id(2), test_time, f.notices);

    CHECK(f.status(1) == Status::cancelled);
    CHECK(f.status(2) == Status::cancelled);
    CHECK_THAT(f.refusal(f.order(3, Side::buy, 50, 10, fok)), Catch::Contains("resolved"));
    f.core.forget(f.market.condition);
    CHECK(f.status(1) == Status::not_found);
}
