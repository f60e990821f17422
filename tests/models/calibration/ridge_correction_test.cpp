#include "models/calibration/logistic_fit.hpp"
#include "models/calibration/ridge_correction.hpp"
#include "models/validation/random.hpp"
#include "tests/support/catch.hpp"

#include <vector>

using namespace polyquant::models;
using calibration::MomentCalibrator;

namespace {

struct Sample {
    std::vector<double> promised, seconds_left, outcomes;
};

// Promises that are `stretch` times too bold in log-odds at 180 s and honest elsewhere.
Sample draw(std::size_t rows, double stretch) {
    validation::SeededRandom random{11};
    Sample sample;
    for (std::size_t i = 0; i < rows; ++i) {
        auto const left = MomentCalibrator::moments[random.below(4)];
        auto const truth = 1.5 * random.normal();
        sample.promised.push_back(calibration::sigmoid(left == 180 ? stretch * truth : truth));
        sample.seconds_left.push_back(left);
        sample.outcomes.push_back(random.uniform() < calibration::sigmoid(truth) ? 1 : 0);
    }
    return sample;
}

MomentCalibrator fit(Sample const& s) {
    return MomentCalibrator::fit(s.promised, s.seconds_left, s.outcomes).value();
}

} // namespace

TEST_CASE("Promises too bold at one moment are corrected at that moment", "[models][calibration]") {
    auto const calibrator = fit(draw(80'000, 1.5));

    auto const bold = calibration::sigmoid(1.5 * 1.2);
    CHECK(calibrator.apply(bold, 180) == Approx(calibration::sigmoid(1.2)).margin(0.015));
    CHECK(calibrator.apply(0.8, 60) == Approx(0.8).margin(0.01));
    CHECK(calibrator.apply(0.8, 240) == Approx(0.8).margin(0.01));
}

TEST_CASE("A correction between two moments lies between theirs", "[models][calibration]") {
    auto const calibrator = fit(draw(80'000, 1.5));

    auto const between = calibrator.apply(0.85, 150);
    CHECK(between > calibrator.apply(0.85, 180));
    CHECK(between < calibrator.apply(0.85, 120));
    CHECK(calibrator.apply(0.85, 5) == calibrator.apply(0.85, 60));
    CHECK(calibrator.apply(0.85, 300) == calibrator.apply(0.85, 240));
}

TEST_CASE(
    "A moment calibrator with little data leaves promises nearly alone", "[models][calibration]"
) {
    auto const calibrator = fit(draw(100, 1.5));

    CHECK(calibrator.apply(0.9, 180) == Approx(0.9).margin(0.01));
}

TEST_CASE("A moment calibrator is read back exactly and refuses damage", "[models][calibration]") {
    auto const calibrator = fit(draw(5'000, 1.3));

    auto const again = MomentCalibrator::parse(calibrator.print()).value();
    CHECK(again.apply(0.77, 133) == calibrator.apply(0.77, 133));
    CHECK(MomentCalibrator::parse("moments 1 1 1 1").has_error());
    CHECK(MomentCalibrator::parse("moments 1 -1 1 1 0").has_error());
    CHECK(MomentCalibrator::parse("moments 1 1 1 1 0 5").has_error());
    CHECK(MomentCalibrator::parse("platt 1 0").has_error());
}

TEST_CASE(
    "A moment calibrator refuses promises worse than their opposite", "[models][calibration]"
) {
    auto sample = draw(40'000, 1);
    for (auto& outcome : sample.outcomes)
        outcome = 1 - outcome;

    auto const refused =
        MomentCalibrator::fit(sample.promised, sample.seconds_left, sample.outcomes);

    REQUIRE(refused.has_error());
    CHECK(refused.error().detail.find("outcomes are wrong") != std::string::npos);
}
