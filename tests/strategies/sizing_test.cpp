#include "strategies/sizing.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::strategies;

namespace {

Usdc kelly(SizingParams params, Usdc bankroll, Price ask, double p, double fee = 0) {
    params.sizing = Sizing::kelly;
    return stake(params, {bankroll, ask, fee, p});
}

Usdc ladder(LadderShape shape, Usdc bankroll) {
    SizingParams params;
    params.sizing = Sizing::ladder;
    params.ladder_shape = shape;
    return stake(params, {bankroll, cents(90), 0, 0.95});
}

} // namespace

TEST_CASE("A fixed bet does not depend on anything", "[strategies][sizing]") {
    CHECK(stake({}, {usd(1), cents(90), 0.01, 0.1}) == usd(5));
}

TEST_CASE("Kelly's share is the baseline's formula", "[strategies][sizing]") {
    for (auto const a : {0.1, 0.5, 0.85, 0.95})
        for (auto const p : {0.0, 0.3, 0.5, 0.9, 0.99, 1.0}) {
            auto const b = (1 - a) / a;
            CHECK(kelly_share(p, a) == Approx((p * b - (1 - p)) / b).margin(1e-12));
        }
    CHECK(kelly_share(0.9, 0) == 0);
    CHECK(kelly_share(0.9, 1) == 0);
}

TEST_CASE("A Kelly bet is a fraction, capped by the bankroll", "[strategies][sizing]") {
    SizingParams params;
    params.kelly_cap = 1;

    CHECK(kelly(params, usd(100), cents(50), 0.6) == usd(5)); // 0.25 * 0.2 * 100
    params.kelly_cap = 0.05;
    CHECK(to_double(kelly(params, usd(1'000), cents(50), 0.9)) == Approx(50));
    CHECK(kelly(params, usd(100), cents(50), 0.5).is_zero());
    CHECK(kelly(params, usd(100), cents(50), 0.4).is_zero());
    CHECK(kelly(params, usd(0), cents(50), 0.9).is_zero());
    CHECK(kelly(params, -usd(5), cents(50), 0.9).is_zero());
}

TEST_CASE("A Kelly bet below its minimum is not made", "[strategies][sizing]") {
    SizingParams params;

    CHECK(to_double(kelly(params, usd(10), cents(50), 0.9)) == Approx(0.5));
    CHECK(kelly(params, usd_cents(999), cents(50), 0.9).is_zero());
}

TEST_CASE("A Kelly bet counts the fee as part of the price", "[strategies][sizing]") {
    SizingParams params;
    params.kelly_cap = 1;

    auto const without = kelly(params, usd(1'000), cents(90), 0.95);
    auto const with = kelly(params, usd(1'000), cents(90), 0.95, 0.0063);

    CHECK(to_double(with) == Approx(250 * (0.95 - 0.05 * 0.9063 / 0.0937)));
    CHECK(with < without);
    CHECK(kelly(params, usd(1'000), cents(90), 0.905, 0.0063).is_zero());
}

TEST_CASE("The ladder steps at its rungs", "[strategies][sizing]") {
    auto const at = [](Usdc bankroll) {
        return ladder(LadderShape::step, bankroll);
    };

    CHECK(at(usd(0)) == usd(3));
    CHECK(at(usd(20)) == usd(3));
    CHECK(at(usd_cents(2'999)) == usd(3));
    CHECK(at(usd(30)) == usd(5));
    CHECK(at(usd_cents(4'999)) == usd(5));
    CHECK(at(usd(50)) == usd(8));
    CHECK(at(usd(5'000)) == usd(8));
}

TEST_CASE("The linear ladder goes over smoothly in whole cents", "[strategies][sizing]") {
    auto const at = [](Usdc bankroll) {
        return ladder(LadderShape::linear, bankroll);
    };

    CHECK(at(usd(19)) == usd(3));
    CHECK(at(usd(20)) == usd(3));
    CHECK(at(usd(25)) == usd(4));
    CHECK(at(usd_cents(2'507)) == usd_cents(401));
    CHECK(at(usd(30)) == usd(5));
    CHECK(at(usd(40)) == usd_cents(650));
    CHECK(at(usd(50)) == usd(8));
}
