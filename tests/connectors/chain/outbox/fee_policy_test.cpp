#include "connectors/chain/outbox/fee_policy.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::chain;

TEST_CASE("The tip is the highest of floor, suggestion and what was paid lately", "[chain][fees]") {
    FeePolicy const p;

    CHECK(fees_now(p, {gwei(20), {gwei(1), gwei(2)}}, gwei(1))->tip == gwei(30));
    CHECK(fees_now(p, {gwei(20), {gwei(1), gwei(2)}}, gwei(41))->tip == gwei(41));
    CHECK(fees_now(p, {gwei(20), {gwei(50), gwei(90), gwei(60)}}, 0)->tip == gwei(60));
}

TEST_CASE("The price leaves room for the base fee to double, below the cap", "[chain][fees]") {
    FeePolicy p;

    CHECK(fees_now(p, {gwei(100), {}}, 0)->price_max == gwei(230));
    p.price_cap = gwei(150);
    CHECK(fees_now(p, {gwei(100), {}}, 0)->price_max == gwei(150));
    CHECK_FALSE(fees_now(p, {gwei(121), {}}, 0));
}

TEST_CASE("A replacement pays a quarter more, or what is asked now", "[chain][fees]") {
    FeePolicy p;
    Fees const before{false, gwei(30), gwei(100)};

    CHECK(raised(p, before, std::nullopt).value() == Fees{false, 37'500'000'000, gwei(125)});
    CHECK(raised(p, before, Fees{false, gwei(50), gwei(300)})->price_max == gwei(300));
    p.price_cap = gwei(124);
    CHECK_FALSE(raised(p, before, std::nullopt));
}

TEST_CASE("A replacement of one wei is still more", "[chain][fees]") {
    auto const more = raised({}, Fees{false, 1, 1}, std::nullopt);

    CHECK(more.value() == Fees{false, 2, 2});
}

TEST_CASE("A legacy price holds base fee and tip together", "[chain][fees]") {
    FeePolicy p;
    p.legacy = true;

    CHECK(fees_now(p, {gwei(10), {}}, 0).value() == Fees{true, 0, gwei(50)});
    CHECK(gas_limit(p, 100'001) == 120'002);
}
