#include "models/boosting/tree_ensemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

namespace polyquant::models::boosting {

namespace {

constexpr double zero_threshold = 1e-35; // LightGBM's kZeroThreshold

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        auto const end = std::min(text.find(' '), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

template <class Number>
std::optional<Number> parse_number(std::string_view word) {
    Number value{};
    auto const [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return value;
}

using Keys = std::map<std::string_view, std::string_view>;

} // namespace

class TreeParser {
public:
    explicit TreeParser(std::string_view text) : rest_{text} {}

    Result<TreeEnsemble> parse() {
        if (next_line() != "tree") return refuse("does not begin with the line 'tree'");
        if (auto const why = read_header(); !why.empty()) return refuse(why);
        std::size_t count = 0;
        while (rest_.starts_with("Tree=")) {
            auto const line = next_line();
            if (parse_number<std::size_t>(line.substr(5)) != count)
                return refuse(fmt::format("tree {} is missing", count));
            if (auto const why = read_tree(); !why.empty())
                return refuse(fmt::format("tree {}: {}", count, why));
            ++count;
        }
        if (next_line() != "end of trees")
            return refuse(fmt::format("ends after {} trees without 'end of trees'", count));
        if (count != trees_promised_)
            return refuse(fmt::format("{} trees announced, {} found", trees_promised_, count));
        if (count == 0) return refuse("holds no tree");
        return std::move(ensemble_);
    }

private:
    Failure refuse(std::string_view why) const {
        return {
            Fault::parse, fmt::format("boosting model, line {}", line_number_), std::string{why}
        };
    }

    std::string_view next_line() {
        auto const end = std::min(rest_.find('\n'), rest_.size());
        auto line = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        ++line_number_;
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }

    // key=value lines up to a blank one.
    Keys read_keys() {
        Keys keys;
        while (!rest_.empty()) {
            auto const line = next_line();
            if (line.empty()) break;
            auto const equals = std::min(line.find('='), line.size());
            keys[line.substr(0, equals)] = line.substr(std::min(equals + 1, line.size()));
        }
        while (rest_.starts_with('\n'))
            next_line();
        return keys;
    }

    std::string read_header() {
        auto keys = read_keys();
        if (keys.contains("average_output")) return "is an averaged forest, not boosted";
        if (keys["num_class"] != "1" || keys["num_tree_per_iteration"] != "1")
            return "has more than one class";
        auto const objective = keys["objective"];
        if (objective != "binary sigmoid:1" && objective != "cross_entropy")
            return fmt::format("objective '{}' is not 'binary sigmoid:1'", objective);
        for (auto const name : split(keys["feature_names"]))
            ensemble_.feature_names_.emplace_back(name);
        auto const last = parse_number<std::size_t>(keys["max_feature_idx"]);
        if (!last || ensemble_.feature_names_.size() != *last + 1)
            return "feature names and max_feature_idx disagree";
        trees_promised_ = split(keys["tree_sizes"]).size();
        return {};
    }

    template <class Number>
    static std::string
    read_list(Keys& keys, std::string_view key, std::size_t count, std::vector<Number>& out) {
        auto const words = split(keys[key]);
        if (words.size() != count)
            return fmt::format("{} has {} values, {} expected", key, words.size(), count);
        for (auto const word : words) {
            auto const value = parse_number<Number>(word);
            if (!value) return fmt::format("{}: '{}' is not a number", key, word);
            out.push_back(*value);
        }
        return {};
    }

    std::string read_tree() {
        auto keys = read_keys();
        auto const leaf_count = parse_number<std::size_t>(keys["num_leaves"]);
        if (!leaf_count || *leaf_count == 0 || *leaf_count > 1'000'000) return "bad num_leaves";
        if (keys["num_cat"] != "0") return "splits on categories, which are not supported";
        if (keys.contains("is_linear") && keys["is_linear"] != "0")
            return "has linear leaves, which are not supported";
        auto const inner = *leaf_count - 1;
        std::vector<double> leaves, thresholds;
        std::vector<std::uint32_t> features;
        std::vector<int> decisions, left, right;
        std::string why;
        auto const read = [&](std::string_view key, std::size_t count, auto& out) {
            if (why.empty()) why = read_list(keys, key, count, out);
        };
        read("leaf_value", *leaf_count, leaves);
        if (inner > 0) {
            read("split_feature", inner, features);
            read("threshold", inner, thresholds);
            read("decision_type", inner, decisions);
            read("left_child", inner, left);
            read("right_child", inner, right);
        }
        if (!why.empty()) return why;
        for (auto const leaf : leaves)
            if (!std::isfinite(leaf)) return "a leaf is not finite";

        auto const first_node = static_cast<std::int32_t>(ensemble_.nodes_.size());
        auto const first_leaf = static_cast<std::int32_t>(ensemble_.leaves_.size());
        std::vector<int> seen_leaves(*leaf_count);
        std::vector<int> seen_nodes(inner);
        // Children lie behind their parent, each under exactly one: no cycle, no orphan.
        auto const child = [&](std::size_t parent, int index) -> std::optional<std::int32_t> {
            if (index < 0) {
                auto const leaf = static_cast<std::size_t>(~index);
                if (leaf >= *leaf_count || seen_leaves[leaf]++ > 0) return std::nullopt;
                return ~(first_leaf + ~index);
            }
            auto const node = static_cast<std::size_t>(index);
            if (node <= parent || node >= inner || seen_nodes[node]++ > 0) return std::nullopt;
            return first_node + index;
        };
        for (std::size_t i = 0; i < inner; ++i) {
            if (features[i] >= ensemble_.feature_names_.size())
                return fmt::format("node {} splits on an unknown feature", i);
            if (std::isnan(thresholds[i])) return fmt::format("node {} has no threshold", i);
            auto const type = decisions[i];
            auto const missing = type >> 2 & 3;
            if (type < 0 || (type & 1) != 0 || missing == 3)
                return fmt::format("node {} has decision type {}, not supported", i, type);
            auto const l = child(i, left[i]);
            auto const r = child(i, right[i]);
            if (!l || !r) return fmt::format("node {} has an impossible child", i);
            ensemble_.nodes_.push_back(
                {.threshold = thresholds[i],
                 .feature = features[i],
                 .left = *l,
                 .right = *r,
                 .nan_is_missing = missing == 2,
                 .zero_is_missing = missing == 1,
                 .missing_goes_left = (type & 2) != 0}
            );
        }
        ensemble_.leaves_.insert(ensemble_.leaves_.end(), leaves.begin(), leaves.end());
        ensemble_.roots_.push_back(inner > 0 ? first_node : ~first_leaf);
        return {};
    }

    std::string_view rest_;
    std::size_t line_number_ = 0;
    std::size_t trees_promised_ = 0;
    TreeEnsemble ensemble_;
};

Result<TreeEnsemble> TreeEnsemble::parse(std::string_view text) {
    return TreeParser{text}.parse();
}

double TreeEnsemble::raw_score(std::span<double const> row) const {
    double sum = 0;
    for (auto index : roots_) {
        while (index >= 0) {
            auto const& node = nodes_[static_cast<std::size_t>(index)];
            auto value = row[node.feature];
            auto const is_nan = std::isnan(value);
            if (is_nan && !node.nan_is_missing) value = 0;
            auto const missing = (node.nan_is_missing && is_nan) ||
                                 (node.zero_is_missing && std::abs(value) <= zero_threshold);
            auto const goes_left = missing ? node.missing_goes_left : value <= node.threshold;
            index = goes_left ? node.left : node.right;
        }
        sum += leaves_[static_cast<std::size_t>(~index)];
    }
    return sum;
}

} // namespace polyquant::models::boosting
