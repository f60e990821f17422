#include "engine/core/fees.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/golden.hpp"

#include <cmath>

using namespace polyquant;

namespace {

std::string text(boost::json::value const& row, char const* key) {
    return std::string{row.at(key).as_string()};
}

Price price_of(boost::json::value const& row, char const* key) {
    return parse_price(text(row, key)).value();
}

std::string fixed5(Usdc fee) {
    auto padded = to_string(fee);
    if (padded.find('.') == std::string::npos) padded += '.';
    while (padded.size() - padded.find('.') < 6)
        padded += '0';
    return padded;
}

OrderAmounts amounts_of(boost::json::value const& row, char const* key) {
    auto const& both = row.at(key);
    return {std::stoll(text(both, "makerAmount")), std::stoll(text(both, "takerAmount"))};
}

} // namespace

TEST_CASE("taker_fee equals every published vector in all three roundings", "[core][fees]") {
    auto const vectors = golden_json("vectors/fees.json");

    auto rows = 0;
    for (auto const& row : vectors.at("vectors").as_array()) {
        auto const schedule = FeeSchedule{
            parse_fixed(text(row, "rate"), 6).value(),
            static_cast<int>(row.at("exponent").as_int64())
        };
        auto const size = parse_shares(text(row, "shares")).value();
        auto const price_e9 = parse_fixed(text(row, "price"), 9).value();
        INFO(boost::json::serialize(row));

        CHECK(
            fixed5(taker_fee_at_e9(schedule, size, price_e9, Rounding::half_up)) ==
            text(row, "roundHalfUp5dp")
        );
        CHECK(
            fixed5(taker_fee_at_e9(schedule, size, price_e9, Rounding::down)) ==
            text(row, "floor5dp")
        );
        CHECK(
            fixed5(taker_fee_at_e9(schedule, size, price_e9, Rounding::up)) == text(row, "ceil5dp")
        );
        if (auto const price = parse_price(text(row, "price")))
            CHECK(
                fixed5(taker_fee(schedule, size, *price, Rounding::down)) == text(row, "floor5dp")
            );
        ++rows;
    }

    CHECK(rows == 20);
}

TEST_CASE("Order amounts equal the official clients' for every tick", "[core][fees]") {
    auto const vectors = golden_json("vectors/amounts.json");

    for (auto const& row : vectors.at("limit").as_array()) {
        INFO(boost::json::serialize(row));
        auto const side = text(row, "side") == "BUY" ? Side::buy : Side::sell;
        auto const size = parse_shares(text(row, "size")).value();

        auto const amounts =
            limit_order_amounts(price_of(row, "tick"), side, size, price_of(row, "price"));

        CHECK((amounts.value() == amounts_of(row, "exactFixedPoint")));
        CHECK((amounts.value() == amounts_of(row, "clobClientV2")));
    }
    for (auto const& row : vectors.at("market").as_array()) {
        INFO(boost::json::serialize(row));
        auto const tick = price_of(row, "tick");
        auto const limit = price_of(row, "price");

        auto const amounts =
            text(row, "side") == "BUY"
                ? market_buy_amounts(tick, parse_usdc(text(row, "amount")).value(), limit)
                : market_sell_amounts(tick, parse_shares(text(row, "amount")).value(), limit);

        CHECK((amounts.value() == amounts_of(row, "exactFixedPoint")));
    }
    CHECK(vectors.at("limit").as_array().size() == 15);
    CHECK(vectors.at("market").as_array().size() == 12);
}

TEST_CASE("Order amounts refuse a tick the venue does not know", "[core][fees]") {
    auto const odd = Price::from_micros(20'000);

    CHECK(
        limit_order_amounts(odd, Side::buy, shares(5), cents(52)).error().fault == Fault::invalid
    );
    CHECK(market_buy_amounts(cents(1), usd(5), Price{}).error().fault == Fault::invalid);
}

TEST_CASE("The fast and the wide fee path agree at their border", "[core][fees]") {
    auto const border = Shares::from_micros(1'000'000'000'000);
    auto const above = border + Shares::from_micros(1);

    auto const fast = taker_fee(crypto_fee(), border, cents(50), Rounding::up);
    auto const wide = taker_fee(crypto_fee(), above, cents(50), Rounding::down);

    CHECK(fast == usd(17'500));
    CHECK(wide == fast);
}

TEST_CASE("Break-even is the ask plus the fee of one share", "[core][fees]") {
    CHECK(std::abs(break_even_probability(crypto_fee(), cents(90)) - 0.9063) < 1e-12);
    CHECK(break_even_probability(no_fee(), cents(90)) == 0.9);
}
