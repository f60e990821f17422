#include "config/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace polyquant::config {

namespace {

std::string folded(std::string_view word) {
    std::string out;
    for (char const c : word)
        out += c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

// Optimal string alignment: insert, delete, replace, swap of two neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before_last.swap(last);
        last.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            auto const same = a[i - 1] == b[j - 1];
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row[b.size()];
}

} // namespace

std::string to_string(Origin const& origin) {
    if (origin.is_default()) return "default";
    if (origin.line == 0) return origin.file;
    if (origin.column == 0) return fmt::format("{}:{}", origin.file, origin.line);
    return fmt::format("{}:{}:{}", origin.file, origin.line, origin.column);
}

std::string to_string(ConfigProblem const& problem) {
    auto text = to_string(problem.at) + ": ";
    if (!problem.key.empty()) text += problem.key + ": ";
    text += problem.text;
    if (!problem.allowed.empty()) text += " (allowed: " + problem.allowed + ")";
    if (!problem.nearest.empty()) text += "; did you mean \"" + problem.nearest + "\"?";
    return text;
}

std::string to_string(ConfigProblems const& problems) {
    std::string text;
    for (auto const& problem : problems)
        text += to_string(problem) + "\n";
    return text;
}

std::string_view nearest(std::string_view word, std::vector<std::string_view> const& candidates) {
    constexpr std::size_t word_max = 100; // longer keys are no typing errors
    if (word.size() > word_max) return {};
    auto const wanted = folded(word);
    std::string_view best;
    auto best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (auto const candidate : candidates) {
        auto const distance = edit_distance(wanted, folded(candidate));
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

} // namespace polyquant::config
