// What is wrong with a configuration, said so that the reader can fix it without opening our code.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace polyquant::config {

// Where a value came from. A default has no file.
struct Origin {
    std::string file;
    int line = 0; // 1-based, 0: the file as a whole
    int column = 0;

    bool is_default() const { return file.empty(); }

    friend bool operator==(Origin const&, Origin const&) = default;
};

// "scalp.toml:12", "scalp.toml:12:7" where the column helps, "default".
std::string to_string(Origin const& origin);

struct ConfigProblem {
    Origin at;
    std::string key;     // "strategy.s1.ask_max"; empty when the file itself is the problem
    std::string text;    // what is wrong
    std::string allowed; // "0.01 to 0.99 USDC/share"; empty where no range applies
    std::string nearest; // a known key that looks like an unknown one, else empty
};

// "scalp.toml:12: strategy.s1.ask_max: 1.2 is out of range (allowed: 0.01 to 0.99 USDC/share)"
std::string to_string(ConfigProblem const& problem);

using ConfigProblems = std::vector<ConfigProblem>;

// One line for each problem, each ended by a newline.
std::string to_string(ConfigProblems const& problems);

// The candidate closest to `word` by edit distance (a swap of neighbours counts as one edit);
// empty when nothing is close enough to be a plausible typing error.
std::string_view nearest(std::string_view word, std::vector<std::string_view> const& candidates);

} // namespace polyquant::config
