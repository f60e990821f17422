#include "engine/core/units.hpp"
#include "tests/support/catch.hpp"

#include <rapidcheck.h>

using namespace polyquant;

TEST_CASE("parse_fixed reads plain decimals and the venue's short form", "[core][units]") {
    CHECK(parse_price("0.52").value() == cents(52));
    CHECK(parse_price(".48").value() == cents(48));
    CHECK(parse_price("0.5200000").value() == cents(52));
    CHECK(parse_price("-0.01").value().micros() == -10'000);
    CHECK(parse_usdc("1234567.000001").value().micros() == 1'234'567'000'001);
    CHECK(parse_usd_price("78803.715261094101516288").value().e8() == 7'880'371'526'109);
}

TEST_CASE("parse_fixed refuses what it cannot hold exactly", "[core][units]") {
    for (auto const* text :
         {"0.1234567", "", ".", "-", "1e3", "99999999999999999999", "0.5 ", "0x1", "1.2.3", "+1"})
        CHECK_FALSE(parse_price(text));
}

TEST_CASE("format_fixed and parse_fixed undo each other", "[core][units]") {
    auto const holds = rc::check([](std::int64_t value) {
        auto const back = parse_fixed(format_fixed(value, 6), 6);
        RC_PRE(value != std::numeric_limits<std::int64_t>::min());
        RC_ASSERT(back.has_value());
        RC_ASSERT(*back == value);
    });

    CHECK(holds);
}

TEST_CASE("Cost rounds to the side its name says, by at most one micro", "[core][units]") {
    auto const price = Price::from_micros(333'333);
    auto const size = Shares::from_micros(1'000'001);

    CHECK(cost_rounded_up(price, size).micros() == 333'334);
    CHECK(cost_rounded_down(price, size).micros() == 333'333);
    CHECK(cost_rounded_up(cents(52), shares(5)) == cost_rounded_down(cents(52), shares(5)));
}

TEST_CASE("shares_affordable never costs more than the money", "[core][units]") {
    auto const holds = rc::check([] {
        auto const money = Usdc::from_micros(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000));
        auto const price = Price::from_micros(*rc::gen::inRange<std::int64_t>(1, 1'000'000));
        auto const step = *rc::gen::element(shares(1), Shares::from_micros(10'000));

        auto const size = shares_affordable(money, price, step);

        RC_ASSERT(cost_rounded_up(price, size) <= money);
        RC_ASSERT(cost_rounded_up(price, size + step) > money);
        RC_ASSERT(size.micros() % step.micros() == 0);
    });

    CHECK(holds);
    CHECK(shares_affordable(usd(5), cents(90), shares(1)) == shares(5));
    CHECK(shares_affordable(usd(5), Price{}, shares(1)).is_zero());
    CHECK(shares_affordable(-usd(5), cents(90), shares(1)).is_zero());
}

TEST_CASE("round_to_tick never worsens a limit", "[core][units]") {
    auto const price = Price::from_micros(525'500);

    CHECK(round_to_tick(price, cents(1), Side::buy) == cents(52));
    CHECK(round_to_tick(price, cents(1), Side::sell) == cents(53));
    CHECK(round_to_tick(cents(52), cents(1), Side::buy) == cents(52));
    CHECK(round_to_tick(cents(52), cents(1), Side::sell) == cents(52));
    CHECK(is_on_tick(Price::from_micros(2'500), Price::from_micros(2'500)));
    CHECK_FALSE(is_on_tick(price, cents(1)));
}

TEST_CASE("to_cents_text rounds half up in magnitude", "[core][units]") {
    CHECK(to_cents_text(Usdc::from_micros(1'234'999)) == "1.23");
    CHECK(to_cents_text(Usdc::from_micros(1'235'000)) == "1.24");
    CHECK(to_cents_text(Usdc::from_micros(-1'235'000)) == "-1.24");
    CHECK(to_cents_text(Usdc::from_micros(-4'000)) == "0.00");
}

TEST_CASE("Price knows its complement in the other outcome", "[core][units]") {
    CHECK(cents(97).complement() == cents(3));
    CHECK(cents(97).complement().complement() == cents(97));
}
