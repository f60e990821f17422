#include "models/feature_table.hpp"
#include "models/logistic.hpp"
#include "models/rolling.hpp"
#include "models/trainer.hpp"
#include "tests/models/golden_csv.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::models;

namespace {

struct Golden {
    std::string name;
    FeatureSet features;
};

std::vector<Golden> const cases{
    {"46_c01", FeatureSet::all_46},
    {"46_c1", FeatureSet::all_46},
    {"39_c01", FeatureSet::no_logret_39}
};

Sample line(std::vector<double> x, std::vector<std::uint8_t> up) {
    return {.columns = 1, .values = std::move(x), .up = std::move(up)};
}

} // namespace

TEST_CASE("Training equals scikit-learn's scaler and coefficients", "[models][logistic]") {
    auto const bars = golden::read_bars("features_15m_bars.csv", 900s);
    auto const facts = golden::read("logistic_cases.csv");
    for (std::size_t k = 0; k < cases.size(); ++k) {
        CAPTURE(cases[k].name);
        auto const expected = golden::read("logistic_" + cases[k].name + ".csv");
        TrainParams params{.features = cases[k].features};
        params.logistic.c = facts.rows[k][0];

        auto const model = train(bars, params).value();

        CHECK(model.left_out.empty());
        CHECK(model.rows.used == static_cast<std::size_t>(facts.rows[k][1]));
        CHECK(model.rows.up == static_cast<std::size_t>(facts.rows[k][2]));
        CHECK(model.fit.converged);
        CHECK(model.fit.gradient_norm <= 1e-8);
        REQUIRE(expected.rows.size() == model.columns.size() + 1);
        for (std::size_t j = 0; j < model.columns.size(); ++j) {
            CAPTURE(to_string(model.columns[j]));
            CHECK(model.scaler.means[j] == Approx(expected.rows[j][0]).epsilon(1e-9).margin(1e-13));
            CHECK(model.scaler.scales[j] == Approx(expected.rows[j][1]).epsilon(1e-9).margin(0));
            CHECK(std::abs(model.fit.coefficients[j] - expected.rows[j][2]) < 1e-8);
        }
        CHECK(std::abs(model.fit.intercept - expected.rows.back()[2]) < 1e-8);
    }
}

TEST_CASE("Predictor equals scikit-learn's probabilities", "[models][logistic]") {
    auto const bars = golden::read_bars("features_15m_bars.csv", 900s);
    auto const expected = golden::read("logistic_predictions.csv");
    auto const rows = compute_features(bars).value();
    Predictor const predictor{train(bars, {}).value()};

    for (std::size_t t = 0; t < rows.size(); ++t) {
        auto const up = predictor.up(rows[t]);

        CAPTURE(t);
        REQUIRE(up.has_value() == !std::isnan(expected.rows[t][1]));
        if (up) REQUIRE(std::abs(*up - expected.rows[t][1]) < 1e-8);
        REQUIRE(predictor.missing(rows[t]).has_value() == !up.has_value());
    }
}

TEST_CASE("Fit_logistic stays finite on separable data", "[models][logistic]") {
    auto const sample = line({-2, -1.5, -1, 1, 1.5, 2}, {0, 0, 0, 1, 1, 1});

    auto const mild = fit_logistic(sample, {.c = 1}).value();
    auto const hardly_penalised = fit_logistic(sample, {.c = 1e9}).value();

    CHECK(mild.converged);
    CHECK(std::abs(mild.intercept) < 1e-9);
    CHECK(mild.coefficients[0] > 0.5);
    CHECK(std::isfinite(hardly_penalised.coefficients[0]));
    CHECK(hardly_penalised.coefficients[0] > mild.coefficients[0]);
}

TEST_CASE("Fit_logistic solves its own optimality condition", "[models][logistic]") {
    auto const sample = line({0.3, -1.2, 0.7, 2.1, -0.4, 0.9, -2.2}, {1, 0, 0, 1, 1, 1, 0});

    auto const fit = fit_logistic(sample, {.c = 0.5}).value();

    double slope = fit.coefficients[0], level = 0;
    for (std::size_t i = 0; i < sample.rows(); ++i) {
        double const p =
            1 / (1 + std::exp(-fit.intercept - fit.coefficients[0] * sample.values[i]));
        double const weight = 0.5 * 7 / (2.0 * (sample.up[i] ? 4 : 3));
        slope += weight * (p - sample.up[i]) * sample.values[i];
        level += weight * (p - sample.up[i]);
    }
    CHECK(std::abs(slope) < 1e-8);
    CHECK(std::abs(level) < 1e-8);
}

TEST_CASE("Fit_logistic gives equal columns equal coefficients", "[models][logistic]") {
    Sample sample{.columns = 2};
    for (int i = 0; i < 40; ++i) {
        double const x = (i * 7 % 13) - 6;
        sample.values.insert(sample.values.end(), {x, x});
        sample.up.push_back(i % 3 == 0 ? x < 0 : x > 0);
    }

    auto const fit = fit_logistic(sample, {.c = 100}).value();

    CHECK(fit.converged);
    CHECK(fit.coefficients[0] == Approx(fit.coefficients[1]).epsilon(1e-9));
}

TEST_CASE("Fit_logistic refuses what has no answer", "[models][logistic]") {
    CHECK(fit_logistic(Sample{.columns = 1}, {}).error().detail == "no rows");
    CHECK(
        fit_logistic(line({1, 2, 3}, {1, 1, 1}), {}).error().detail == "all 3 rows are of one class"
    );
    CHECK(
        fit_logistic(line({1, not_a_number}, {1, 0}), {}).error().detail ==
        "value nan in row 1, column 0"
    );
    CHECK(fit_logistic(line({1, 2}, {1, 0}), {.c = 0}).has_error());
    CHECK(fit_logistic(line({1, 2}, {1, 0}), {.c = not_a_number}).has_error());
}

TEST_CASE("StandardScaler gives a constant column the scale 1", "[models][logistic]") {
    Sample sample{.columns = 2};
    for (int i = 0; i < 10; ++i) {
        sample.values.insert(sample.values.end(), {0.1, static_cast<double>(i)});
        sample.up.push_back(0);
    }

    auto const scaler = StandardScaler::fit(sample);
    scaler.apply(sample);

    CHECK(scaler.scales[0] == 1);
    CHECK(scaler.means[1] == Approx(4.5));
    CHECK(scaler.scales[1] == Approx(std::sqrt(8.25)));
    CHECK(sample.row(3)[0] == 0);
    CHECK(sample.row(9)[1] == Approx(4.5 / std::sqrt(8.25)));
}
