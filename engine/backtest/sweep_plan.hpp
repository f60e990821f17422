// Which variants a sweep tries. A plan is a pure function of its words and its seed.
#pragma once

#include "engine/core/failure.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::backtest {

// A configuration key with the values it may take: "strategy.s1.min_edge=0.01,0.02,0.03", or a
// range with a step "strategy.s1.lead=30s..90s:15s". Without a step ("0.01..0.05") it can be drawn
// from but not put on a grid; draws have as many decimals as the ends.
struct Variation {
    std::string key;
    std::vector<std::string> values; // as they stand in a file; empty: a range
    double low = 0;
    double high = 0;
    int decimals = 0;
    std::string unit; // "s"
};

Result<Variation> parse_variation(std::string_view text);

enum class SweepMethod : std::uint8_t { grid, random, latin };
std::string_view to_string(SweepMethod method);
Result<SweepMethod> parse_sweep_method(std::string_view text);

// "key=value" of every varied key, for each variant. Grid: every combination, the last key fastest.
// Random: each key on its own. Latin hypercube: each key's range in `runs` equal parts, one draw in
// each. Equal variants are kept once. Refused: a grid of more than 100,000, a range without a step
// on a grid, the same key twice.
Result<std::vector<std::vector<std::string>>> plan_sweep(
    std::span<Variation const> variations, SweepMethod method, std::size_t runs, std::uint64_t seed
);

} // namespace polyquant::backtest
