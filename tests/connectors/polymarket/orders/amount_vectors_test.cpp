#include "engine/core/fees.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

using namespace polyquant;
using namespace polyquant::test;
using simdjson::dom::element;

namespace {

OrderAmounts expected(element row) {
    element const exact = row["exactFixedPoint"];
    return {
        std::stoll(std::string{text_at(exact, "makerAmount")}),
        std::stoll(std::string{text_at(exact, "takerAmount")})
    };
}

Side side_of(element row) {
    return text_at(row, "side") == "BUY" ? Side::buy : Side::sell;
}

} // namespace

TEST_CASE("Amounts of limit orders equal both official clients'", "[polymarket][orders][vectors]") {
    auto const file = golden_vectors("amounts.json");
    for (auto row : file.rows("limit")) {
        CAPTURE(text_at(row, "tick"), text_at(row, "price"), text_at(row, "size"));
        CHECK(
            limit_order_amounts(
                parse_price(text_at(row, "tick")).value(),
                side_of(row),
                parse_shares(text_at(row, "size")).value(),
                parse_price(text_at(row, "price")).value()
            )
                .value() == expected(row)
        );
    }
}

TEST_CASE(
    "Amounts of market orders equal both official clients'", "[polymarket][orders][vectors]"
) {
    auto const file = golden_vectors("amounts.json");
    for (auto row : file.rows("market")) {
        CAPTURE(text_at(row, "tick"), text_at(row, "price"), text_at(row, "amount"));
        auto const tick = parse_price(text_at(row, "tick")).value();
        auto const limit = parse_price(text_at(row, "price")).value();
        auto const amount = text_at(row, "amount");
        auto const amounts = side_of(row) == Side::buy
                                 ? market_buy_amounts(tick, parse_usdc(amount).value(), limit)
                                 : market_sell_amounts(tick, parse_shares(amount).value(), limit);
        CHECK(amounts.value() == expected(row));
    }
}
