#include "models/ensemble.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant::models;

TEST_CASE("Blend weighs learned and heuristic 0.7 to 0.3 by default", "[models][ensemble]") {
    CHECK(blend(0.6, 0.4, {}).value() == Approx(0.54));
}

TEST_CASE("Blend has no opinion where a part with weight is missing", "[models][ensemble]") {
    CHECK_FALSE(blend(std::nullopt, 0.9, {}));
    CHECK_FALSE(blend(0.9, std::nullopt, {}));
    CHECK(blend(std::nullopt, 0.9, {.learned = 0, .heuristic = 1}) == 0.9);
    CHECK(blend(0.9, std::nullopt, {.learned = 1, .heuristic = 0}) == 0.9);
}

TEST_CASE("Ensemble weights must be shares of one", "[models][ensemble]") {
    CHECK(defect_of(EnsembleWeights{}) == "");
    CHECK(defect_of({.learned = 0.1, .heuristic = 0.9}) == "");
    CHECK(defect_of({.learned = 0.7, .heuristic = 0.7}) != "");
    CHECK(defect_of({.learned = 1.5, .heuristic = -0.5}) != "");
}
