#include "models/window/closed_form.hpp"
#include "models/window/closed_form_check.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <limits>

using namespace polyquant::models::window;

namespace {

WindowState twap_state(double seconds_left) {
    return {
        .strike = 60'000,
        .spot = 60'030,
        .average_so_far = 60'010,
        .seconds_left = seconds_left,
        .average_seconds = 60
    };
}

} // namespace

TEST_CASE("Effective seconds of an average meet where the average begins", "[models][window]") {
    CHECK(effective_seconds(240, 0) == 240);
    CHECK(effective_seconds(240, 60) == Approx(200));
    CHECK(effective_seconds(60, 60) == Approx(20));
    CHECK(effective_seconds(59.999999, 60) == Approx(20).epsilon(1e-6));
    CHECK(effective_seconds(30, 60) == Approx(30.0 * 30 * 30 / (3.0 * 3600)));
    CHECK(effective_seconds(-5, 60) == 0);
}

TEST_CASE("Final value weighs the realised part of the average by its time", "[models][window]") {
    auto const value = final_value(twap_state(15), {.sigma = 6e-5});

    CHECK(value.mean == Approx((45 * 60'010.0 + 15 * 60'030.0) / 60));
    CHECK(value.sd == Approx(60'030 * 6e-5 * std::sqrt(15.0 * 15 * 15 / (3 * 3600.0))));
}

TEST_CASE("A final value equal to the strike is Up", "[models][window]") {
    auto state = twap_state(0);
    state.average_so_far = state.strike;

    CHECK(up_probability(state, {.sigma = 6e-5}, TailShape::normal()) == 1);

    state.average_so_far = std::nextafter(state.strike, 0.0);
    CHECK(up_probability(state, {.sigma = 6e-5}, TailShape::normal()) == 0);
}

TEST_CASE("A coarse price grid makes a level window likelier Up than Down", "[models][window]") {
    WindowState const state{.strike = 1.4, .spot = 1.4, .seconds_left = 60};
    Uncertainty const uncertainty{.sigma = 6e-5, .grid = 0.0001};

    auto const up = up_probability(state, uncertainty, TailShape::normal());

    CHECK(up == Approx(normal_cdf(0.00005 / (1.4 * 6e-5 * std::sqrt(60.0)))));
    CHECK(up > 0.52);
}

TEST_CASE("Price noise keeps the last second from being certain", "[models][window]") {
    WindowState const state{.strike = 60'000, .spot = 60'003, .seconds_left = 0};

    auto const up =
        up_probability(state, {.sigma = 6e-5, .price_noise = 1e-4}, TailShape::normal());

    CHECK(up == Approx(normal_cdf(3 / (60'003 * 1e-4))));
}

TEST_CASE("A missing or impossible input gives NaN, never a number", "[models][window]") {
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    auto const shape = TailShape::normal();

    CHECK(std::isnan(
        up_probability({.strike = nan, .spot = 1, .seconds_left = 9}, {.sigma = 1e-4}, shape)
    ));
    CHECK(std::isnan(
        up_probability({.strike = 1, .spot = 0, .seconds_left = 9}, {.sigma = 1e-4}, shape)
    ));
    CHECK(std::isnan(
        up_probability({.strike = 1, .spot = 1, .seconds_left = 9}, {.sigma = nan}, shape)
    ));
    CHECK(std::isnan(
        up_probability({.strike = 1, .spot = 1, .seconds_left = 9}, {.sigma = -1}, shape)
    ));

    auto state = twap_state(15);
    state.average_so_far = nan;
    CHECK(std::isnan(up_probability(state, {.sigma = 1e-4}, shape)));
}

TEST_CASE("Up probability rises with spot and with certainty about it", "[models][window]") {
    auto const shape = TailShape::student_t(4).value();
    double previous = 0;
    for (double spot = 59'800; spot <= 60'200; spot += 5) {
        auto const up = up_probability(
            {.strike = 60'000, .spot = spot, .seconds_left = 90, .average_seconds = 60},
            {.sigma = 6e-5},
            shape
        );
        CHECK(up > previous);
        previous = up;
    }
    CHECK(
        up_probability(twap_state(30), {.sigma = 6e-5}, shape) >
        up_probability(twap_state(200), {.sigma = 6e-5}, shape)
    );
}

TEST_CASE("The band widens with doubt about volatility and holds the middle", "[models][window]") {
    auto const narrow =
        up_band(twap_state(120), {.sigma = 6e-5, .sigma_relative_sd = 0.1}, TailShape::normal());
    auto const wide =
        up_band(twap_state(120), {.sigma = 6e-5, .sigma_relative_sd = 0.4}, TailShape::normal());

    CHECK(narrow.low < narrow.middle);
    CHECK(narrow.middle < narrow.high);
    CHECK(wide.low < narrow.low);
    CHECK(wide.high > narrow.high);
}

// A seeded sample of the full check, which runs a million paths a cell. Four standard errors are
// passed by chance about once in 16,000 cells; the geometric paths differ from the arithmetic
// formula by under a tenth of a standard error at this size.
TEST_CASE("Simulated windows end Up as often as the closed form promises", "[models][window]") {
    for (auto const& cell : check_all_cells(20'000, 20261123)) {
        CAPTURE(cell.seconds_left, cell.average_seconds, cell.z, cell.promised, cell.observed);
        CHECK(std::abs(cell.standard_errors) < 4);
    }
}

// What the check is for: the wrong variance must fail it.
TEST_CASE("The simulation check notices a variance that ignores the average", "[models][window]") {
    constexpr double z[] = {1};
    auto const cell = check_closed_form(60, 60, z, 20'000, 7).front();
    auto const spot_rule_promise = normal_cdf(1 / std::sqrt(3.0));

    auto const error = std::sqrt(cell.observed * (1 - cell.observed) / 20'000);

    CHECK(std::abs(cell.observed - spot_rule_promise) / error > 20);
}
