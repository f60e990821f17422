// What a sweep keeps of one run, and what the best are chosen by.
#pragma once

#include "engine/backtest/sweep_store.hpp"
#include "engine/report/figures.hpp"

#include <map>
#include <string>
#include <vector>

namespace polyquant::report {

// One variant on one span, as kept in the store.
struct VariantResult {
    std::size_t trades = 0;
    std::size_t won = 0;
    double pnl = 0;
    double return_share = 0;
    double sharpe = 0; // daily, NaN where it has none
    std::size_t days = 0;
    double drawdown = 0;
    double edge = 0;     // realised, a share
    double edge_low = 0; // 95 %, by day
    double edge_high = 0;
    double edge_doubt = 1; // probability that it is not positive
    std::vector<double> daily_returns;
};

VariantResult variant_result(Figures const& figures);
std::string to_json(VariantResult const& result);
Result<VariantResult> parse_variant_result(std::string_view text);

// What the best is chosen by. A variant without trades is worth nothing and never chosen.
enum class Objective : std::uint8_t { sharpe, pnl, edge };
std::string_view to_string(Objective objective);
Result<Objective> parse_objective(std::string_view text);
double value_of(VariantResult const& result, Objective objective);

// A finished run with its settings by key.
struct Variant {
    std::int64_t id = 0;
    std::map<std::string, std::string> settings;
    VariantResult result;
    double value = 0; // by the objective; NaN where it has none
};

Result<Variant> variant_of(backtest::SweepRun const& run, Objective objective);
// By value, ties by number; those without one last.
bool better(Variant const& a, Variant const& b);

// The `count` best finished variants of the selection, best first.
Result<std::vector<std::vector<std::string>>>
best_variants(backtest::SweepStore const& store, Objective objective, std::size_t count);

} // namespace polyquant::report
