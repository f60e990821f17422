// Gradient-boosted trees for prediction: reads the text LightGBM writes and needs no library. The
// sums are taken in LightGBM's own order, so that the results agree to the last bit.
#pragma once

#include "engine/core/failure.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::models::boosting {

// Binary classification with numerical features; anything else a LightGBM file may hold
// (categories, several classes, linear leaves, averaged forests) is refused by name. A damaged
// file is refused too: every index is checked once here and trusted afterwards.
class TreeEnsemble {
public:
    static Result<TreeEnsemble> parse(std::string_view text);

    // Log-odds: the sum of the leaves. NaN features take the branch the trees learned for them.
    // `row` has one value per feature name, in order (not checked: hot path). Allocates nothing.
    double raw_score(std::span<double const> row) const;

    std::vector<std::string> const& feature_names() const { return feature_names_; }

    std::size_t trees() const { return roots_.size(); }

private:
    struct Node {
        double threshold = 0;
        std::uint32_t feature = 0;
        std::int32_t left = 0; // >= 0: node, < 0: ~index of a leaf
        std::int32_t right = 0;
        bool nan_is_missing = false; // else NaN counts as 0
        bool zero_is_missing = false;
        bool missing_goes_left = false;
    };

    friend class TreeParser;

    std::vector<std::string> feature_names_;
    std::vector<Node> nodes_;
    std::vector<double> leaves_;
    std::vector<std::int32_t> roots_;
};

} // namespace polyquant::models::boosting
