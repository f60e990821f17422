#include "models/boosting/tree_ensemble.hpp"
#include "models/validation/random.hpp"
#include "tests/models/boosting/golden.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace polyquant::models::boosting;
using polyquant::models::validation::SeededRandom;

namespace {

// One split on "a" at 1.5 (missing NaN goes right), then one on "b" (zero is missing, goes left).
std::string const small = "tree\n"
                          "version=v4\n"
                          "num_class=1\n"
                          "num_tree_per_iteration=1\n"
                          "label_index=0\n"
                          "max_feature_idx=1\n"
                          "objective=binary sigmoid:1\n"
                          "feature_names=a b\n"
                          "feature_infos=[0:3] [0:1]\n"
                          "tree_sizes=100\n"
                          "\n"
                          "Tree=0\n"
                          "num_leaves=3\n"
                          "num_cat=0\n"
                          "split_feature=0 1\n"
                          "threshold=1.5 0.25\n"
                          "decision_type=8 6\n"
                          "left_child=-1 -2\n"
                          "right_child=1 -3\n"
                          "leaf_value=0.5 -0.25 2\n"
                          "is_linear=0\n"
                          "shrinkage=1\n"
                          "\n"
                          "\n"
                          "end of trees\n";

std::string changed(std::string text, std::string const& from, std::string const& to) {
    auto const at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

double score(TreeEnsemble const& trees, double a, double b) {
    double const row[] = {a, b};
    return trees.raw_score(row);
}

} // namespace

TEST_CASE("Trees score rows as LightGBM does, to the last bit", "[models][boosting]") {
    auto const trees = TreeEnsemble::parse(read_golden("boosting_model.txt")).value();
    auto const golden = read_boosting_rows();

    CHECK(trees.feature_names() == golden_features);
    CHECK(trees.trees() == 12);
    for (std::size_t i = 0; i < golden.raw_scores.size(); ++i)
        CHECK(trees.raw_score(std::span{golden.cells}.subspan(4 * i, 4)) == golden.raw_scores[i]);
}

TEST_CASE("A split takes values up to its threshold to the left", "[models][boosting]") {
    auto const trees = TreeEnsemble::parse(small).value();

    CHECK(score(trees, 1.5, 9) == 0.5);
    CHECK(score(trees, 1.6, 0.25) == -0.25);
    CHECK(score(trees, 1.6, 0.26) == 2);
}

TEST_CASE("A missing value takes the branch the tree learned for it", "[models][boosting]") {
    auto const trees = TreeEnsemble::parse(small).value();

    CHECK(score(trees, NAN, 9) == 2);        // NaN is missing at the first split: right
    CHECK(score(trees, 2, NAN) == -0.25);    // NaN counts as 0, and 0 is missing: left
    CHECK(score(trees, 2, -1e-36) == -0.25); // as good as 0
}

TEST_CASE("Models with what is not supported are refused by name", "[models][boosting]") {
    auto const detail = [](std::string const& text) {
        return TreeEnsemble::parse(text).error().detail;
    };

    CHECK(detail(changed(small, "num_class=1", "num_class=3")) == "has more than one class");
    CHECK(detail(changed(small, "binary sigmoid:1", "regression")).starts_with("objective"));
    CHECK(detail(changed(small, "num_cat=0", "num_cat=1")).find("categories") != std::string::npos);
    CHECK(detail(changed(small, "is_linear=0", "is_linear=1")).find("linear") != std::string::npos);
    CHECK(
        detail(changed(small, "tree_sizes", "average_output\ntree_sizes")).find("forest") !=
        std::string::npos
    );
}

TEST_CASE("Damaged models are refused with their line", "[models][boosting]") {
    for (auto const& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {"left_child=-1 -2", "left_child=0 -2"},    // a cycle
             {"left_child=-1 -2", "left_child=-2 -2"},   // a leaf under two parents
             {"left_child=-1 -2", "left_child=-9 -2"},   // a leaf that is not there
             {"left_child=-1 -2", "left_child=7 -2"},    // a node that is not there
             {"split_feature=0 1", "split_feature=0 2"}, // a feature that is not there
             {"threshold=1.5 0.25", "threshold=1.5"},
             {"threshold=1.5 0.25", "threshold=1.5 x"},
             {"threshold=1.5 0.25", "threshold=1.5 nan"},
             {"leaf_value=0.5", "leaf_value=inf"},
             {"num_leaves=3", "num_leaves=0"},
             {"max_feature_idx=1", "max_feature_idx=2"},
             {"tree_sizes=100", "tree_sizes=100 100"},
             {"Tree=0", "Tree=1"},
             {"decision_type=8", "decision_type=9"},
         }) {
        CAPTURE(to);
        auto const result = TreeEnsemble::parse(changed(small, from, to));
        REQUIRE(result.has_error());
        CHECK(result.error().where.find("line") != std::string::npos);
    }
}

TEST_CASE("Every truncation of a model is refused", "[models][boosting]") {
    auto const whole = read_golden("boosting_model.txt");
    auto const end = whole.find("end of trees");
    for (std::size_t length = 0; length < end; length += 13)
        CHECK(TreeEnsemble::parse(std::string_view{whole}.substr(0, length)).has_error());
}

// Whatever still parses after random damage must be safe to ask.
TEST_CASE("Randomly damaged models never read out of bounds", "[models][boosting]") {
    auto const whole = read_golden("boosting_model.txt");
    auto const golden = read_boosting_rows();
    SeededRandom random{17};
    int refused = 0;
    for (int i = 0; i < 3000; ++i) {
        auto text = whole;
        for (std::size_t k = 0; k <= random.below(3); ++k)
            text[random.below(text.size())] = "0123456789-. =\n"[random.below(15)];
        auto const trees = TreeEnsemble::parse(text);
        if (!trees) {
            ++refused;
            continue;
        }
        if (trees->feature_names().size() != 4) continue;
        for (std::size_t row = 0; row < 20; ++row)
            CHECK(std::isfinite(trees->raw_score(std::span{golden.cells}.subspan(4 * row, 4))));
    }
    CHECK(refused > 300);
}
