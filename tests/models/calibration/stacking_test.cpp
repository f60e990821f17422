#include "models/calibration/scores.hpp"
#include "models/calibration/stacking.hpp"
#include "models/validation/random.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace polyquant::models::calibration;
using polyquant::models::validation::RowTable;
using polyquant::models::validation::SeededRandom;

namespace {

struct Members {
    RowTable promised{3};
    std::vector<double> outcomes;
};

// Two members know one half of the truth each, the third guesses.
Members draw(std::size_t count) {
    SeededRandom random{8};
    Members members;
    for (std::size_t i = 0; i < count; ++i) {
        auto const a = random.uniform();
        auto const b = random.uniform();
        double const row[] = {a, b, random.uniform()};
        members.promised.add(row);
        members.outcomes.push_back(random.uniform() < 0.7 * a + 0.3 * b ? 1 : 0);
    }
    return members;
}

} // namespace

TEST_CASE("Stacking finds the mixture that made the outcomes", "[models][calibration]") {
    auto const members = draw(30'000);

    auto const fit = fit_stack(members.promised.rows(), members.outcomes).value();

    CHECK(fit.weights[0] == Approx(0.7).margin(0.03));
    CHECK(fit.weights[1] == Approx(0.3).margin(0.03));
    CHECK(fit.weights[2] < 0.02);
    CHECK(fit.weights[0] + fit.weights[1] + fit.weights[2] == Approx(1).epsilon(1e-12));
}

TEST_CASE("A stack is at least as good as its best member", "[models][calibration]") {
    auto const members = draw(5'000);
    auto const fit = fit_stack(members.promised.rows(), members.outcomes, 0).value();

    for (std::size_t k = 0; k < 3; ++k) {
        std::vector<double> alone;
        for (std::size_t i = 0; i < members.outcomes.size(); ++i)
            alone.push_back(members.promised[i][k]);
        CHECK(fit.log_loss <= log_loss(alone, members.outcomes));
    }
}

TEST_CASE("A few rows leave the weights near equal", "[models][calibration]") {
    auto const members = draw(5);

    auto const fit = fit_stack(members.promised.rows(), members.outcomes).value();

    for (auto const weight : fit.weights)
        CHECK(weight == Approx(1.0 / 3).margin(0.12));
}

TEST_CASE("Stacking refuses what is no probability", "[models][calibration]") {
    double const promised[] = {0.5, NAN};
    double const outcomes[] = {1};

    CHECK(fit_stack({promised, 2}, outcomes).has_error());
    CHECK(fit_stack({{}, 2}, {}).has_error());
}
