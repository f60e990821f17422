#include "models/calibration/calibrator.hpp"
#include "models/calibration/logistic_fit.hpp"
#include "models/calibration/scores.hpp"
#include "models/validation/random.hpp"
#include "tests/models/calibration/golden.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace polyquant::models::calibration;
using polyquant::models::validation::RowTable;
using polyquant::models::validation::SeededRandom;

TEST_CASE("Calibrators equal scikit-learn on the golden set", "[models][calibration]") {
    auto const golden = read_calibration_golden();

    auto const platt = fit_platt(golden.promised, golden.won).value();
    auto const isotonic = fit_isotonic(golden.promised, golden.won, 0).value();
    auto const beta = fit_beta(golden.promised, golden.won).value();

    for (std::size_t i = 0; i < golden.promised.size(); ++i) {
        auto const p = golden.promised[i];
        CAPTURE(i, p);
        CHECK(platt.apply(p) == Approx(golden.platt[i]).margin(2e-5)); // their stopping rule
        CHECK(isotonic.apply(p) == Approx(golden.isotonic[i]).margin(1e-12));
        CHECK(beta.apply(p) == Approx(golden.beta[i]).margin(1e-5));
    }
}

TEST_CASE("Ridge logistic with balanced classes equals scikit-learn", "[models][calibration]") {
    auto const golden = read_calibration_golden();
    RowTable table{2};
    double wins = 0;
    for (std::size_t i = 0; i < golden.promised.size(); ++i) {
        double const row[] = {std::log(golden.promised[i]), -std::log(1 - golden.promised[i])};
        table.add(row);
        wins += golden.won[i];
    }
    auto const n = static_cast<double>(golden.won.size());
    std::vector<double> weights;
    for (auto const won : golden.won)
        weights.push_back(n / (2 * (won == 1 ? wins : n - wins)));

    auto const fit = fit_logistic(table.rows(), golden.won, weights, {.l2 = 10}).value();

    CHECK(fit.converged);
    CHECK(fit.coefficients[0] == Approx(golden.ridge[0]).epsilon(1e-5));
    CHECK(fit.coefficients[1] == Approx(golden.ridge[1]).epsilon(1e-5));
    CHECK(fit.intercept == Approx(golden.ridge[2]).epsilon(1e-5));
}

TEST_CASE(
    "Logistic fit refuses cells that are not numbers and names them", "[models][calibration]"
) {
    double const cells[] = {1, 2, 3, NAN};
    double const targets[] = {0, 1};

    auto const fit = fit_logistic({cells, 2}, targets, {}, {});

    CHECK(fit.error().detail == "row 1 column 1 is not finite");
    CHECK(fit_logistic({std::span{cells}.first(2), 2}, targets, {}, {}).has_error());
}

TEST_CASE("Logistic fit without ridge survives doubled columns", "[models][calibration]") {
    SeededRandom random{5};
    RowTable table{2};
    std::vector<double> targets;
    for (int i = 0; i < 2000; ++i) {
        auto const x = random.normal();
        double const row[] = {x, x};
        table.add(row);
        targets.push_back(random.uniform() < sigmoid(1.5 * x) ? 1 : 0);
    }

    auto const fit = fit_logistic(table.rows(), targets, {}, {}).value();

    CHECK(fit.coefficients[0] + fit.coefficients[1] == Approx(1.5).margin(0.2));
}

TEST_CASE("Calibration mends an overconfident model on fresh data", "[models][calibration]") {
    SeededRandom random{6};
    auto const draw = [&](std::vector<double>& promised, std::vector<double>& outcomes) {
        for (int i = 0; i < 20'000; ++i) {
            auto const truth = random.normal();
            promised.push_back(sigmoid(2 * truth));
            outcomes.push_back(random.uniform() < sigmoid(truth) ? 1 : 0);
        }
    };
    std::vector<double> promised, outcomes, fresh, fresh_outcomes;
    draw(promised, outcomes);
    draw(fresh, fresh_outcomes);
    REQUIRE(expected_calibration_error(fresh, fresh_outcomes) > 0.08);

    for (auto const method :
         {CalibrationMethod::platt, CalibrationMethod::isotonic, CalibrationMethod::beta}) {
        auto const calibrator = fit_calibrator(method, promised, outcomes).value();
        std::vector<double> mended;
        for (auto const p : fresh)
            mended.push_back(calibrator.apply(p));
        CAPTURE(to_string(method));
        CHECK(expected_calibration_error(mended, fresh_outcomes) < 0.015);
        CHECK(brier(mended, fresh_outcomes) < brier(fresh, fresh_outcomes));
    }
}

TEST_CASE("Calibrators never fall and never promise certainty", "[models][calibration]") {
    auto const golden = read_calibration_golden();
    for (auto const method :
         {CalibrationMethod::platt, CalibrationMethod::isotonic, CalibrationMethod::beta}) {
        auto const calibrator = fit_calibrator(method, golden.promised, golden.won).value();
        double previous = 0;
        for (double p = 0.0005; p < 1; p += 0.0005) {
            auto const q = calibrator.apply(p);
            REQUIRE(q >= previous);
            REQUIRE(q > 0);
            REQUIRE(q < 1);
            previous = q;
        }
    }
}

TEST_CASE("Printed calibrators read back exactly", "[models][calibration]") {
    auto const golden = read_calibration_golden();
    for (auto const method :
         {CalibrationMethod::none,
          CalibrationMethod::platt,
          CalibrationMethod::isotonic,
          CalibrationMethod::beta}) {
        auto const calibrator = fit_calibrator(method, golden.promised, golden.won).value();
        auto const again = Calibrator::parse(calibrator.print()).value();
        CHECK(again.print() == calibrator.print());
        CHECK(again.apply(0.8123) == calibrator.apply(0.8123));
    }
}

TEST_CASE("Damaged calibrator text is refused", "[models][calibration]") {
    for (auto const* text :
         {"",
          "plat 1 2",
          "platt 1",
          "platt x 2",
          "platt -1 0",
          "beta 1 -1 0",
          "isotonic 0 1 2",
          "isotonic 0 0.9 1 0.1",
          "none 1",
          "platt 1  2",
          "platt inf 0"})
        CHECK(Calibrator::parse(text).has_error());
}

TEST_CASE(
    "Calibration needs both outcomes and a model that ranks forwards", "[models][calibration]"
) {
    std::vector<double> promised, outcomes;
    for (int i = 0; i < 400; ++i) {
        promised.push_back(0.1 + 0.002 * i);
        outcomes.push_back(i < 200 ? 1 : 0);
    }

    CHECK(fit_platt(promised, outcomes).has_error());
    CHECK(fit_beta(promised, outcomes).has_error());
    CHECK(fit_isotonic(promised, std::vector<double>(400, 1.0)).has_error());
    CHECK(
        fit_isotonic(promised, outcomes).value().apply(0.3) ==
        Approx(fit_isotonic(promised, outcomes).value().apply(0.7))
    );
}
