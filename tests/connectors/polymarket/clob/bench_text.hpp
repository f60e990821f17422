// How the order benchmarks print their figures: p50, p99 and p99.9 in microseconds.
#pragma once

#include "engine/core/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace bench {

using Times = std::vector<polyquant::Nanos>;

inline void print(std::string const& what, Times each) {
    if (each.empty()) {
        fmt::print("{:<44} nothing measured\n", what);
        return;
    }
    std::ranges::sort(each);
    auto const at = [&](double part) {
        auto const n = std::min(
            each.size() - 1, static_cast<std::size_t>(part * static_cast<double>(each.size()))
        );
        return static_cast<double>(each[n].count()) / 1e3;
    };
    fmt::print(
        "{:<44} p50 {:9.1f} us   p99 {:9.1f} us   p99.9 {:9.1f} us   n {}\n",
        what,
        at(0.5),
        at(0.99),
        at(0.999),
        each.size()
    );
}

} // namespace bench
