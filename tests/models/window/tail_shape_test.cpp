#include "models/validation/random.hpp"
#include "models/window/tail_shape.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <limits>

using namespace polyquant::models::window;
using polyquant::models::validation::SeededRandom;

TEST_CASE(
    "Student-t table equals the exact distribution scaled to unit variance", "[models][window]"
) {
    auto const shape = TailShape::student_t(4).value();

    for (double z = -9.9; z < 9.9; z += 0.0137)
        CHECK(shape.cdf(z) == Approx(student_t_cdf(z * std::sqrt(2.0), 4)).margin(2e-7));
    CHECK(student_t_cdf(2.776445, 4) == Approx(0.975).margin(1e-6)); // printed tables
}

TEST_CASE("Tail shape never decreases and ends at 0 and 1", "[models][window]") {
    auto const infinity = std::numeric_limits<double>::infinity();
    for (auto const& shape : {TailShape::normal(), TailShape::student_t(2.5).value()}) {
        double previous = 0;
        for (double z = -30; z < 30; z += 0.01) {
            auto const p = shape.cdf(z);
            REQUIRE(p >= previous);
            previous = p;
        }
        CHECK(shape.cdf(-infinity) == 0);
        CHECK(shape.cdf(infinity) == 1);
        CHECK(std::isnan(shape.cdf(std::numeric_limits<double>::quiet_NaN())));
    }
}

TEST_CASE("Empirical shape finds the distribution its moves came from", "[models][window]") {
    SeededRandom random{11};
    std::vector<double> moves;
    for (int i = 0; i < 200'000; ++i)
        moves.push_back(3.5 * random.normal());

    auto const shape = TailShape::empirical(moves).value();

    for (double z = -3; z <= 3; z += 0.25)
        CHECK(shape.cdf(z) == Approx(normal_cdf(z)).margin(0.006));
}

TEST_CASE("Empirical shape keeps lopsided moves lopsided", "[models][window]") {
    SeededRandom random{12};
    std::vector<double> moves;
    for (int i = 0; i < 50'000; ++i)
        moves.push_back(-std::log(1 - random.uniform()) - 1);

    auto const shape = TailShape::empirical(moves).value();

    CHECK(shape.cdf(0) == Approx(1 - std::exp(-1.0)).margin(0.01));
}

TEST_CASE("Degrees of freedom are recovered from Student-t moves", "[models][window]") {
    SeededRandom random{13};
    std::vector<double> moves;
    for (int i = 0; i < 40'000; ++i) {
        double chi = 0;
        for (int k = 0; k < 5; ++k) {
            auto const x = random.normal();
            chi += x * x;
        }
        moves.push_back(random.normal() / std::sqrt(chi / 5) * std::sqrt(3.0 / 5));
    }

    CHECK(fit_degrees_of_freedom(moves) == Approx(5).margin(0.5));
}

TEST_CASE("Tail shapes refuse what has no unit variance or too few moves", "[models][window]") {
    CHECK(TailShape::student_t(2).has_error());
    CHECK(TailShape::empirical(std::vector<double>(10, 1.0)).has_error());
    CHECK(TailShape::empirical(std::vector<double>(500, 0.0)).has_error());
    std::vector<double> bad(500, 1.0);
    bad[3] = std::numeric_limits<double>::quiet_NaN();
    CHECK(TailShape::empirical(bad).has_error());
    CHECK(TailShape::from_table("x", {0.1, 0.2}).has_error());
}
