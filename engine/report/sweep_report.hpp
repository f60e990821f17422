// What a sweep found: every variant, how the objective depends on each parameter, and what is left
// of the best ones on days they were not chosen on, after counting how many were tried.
#pragma once

#include "engine/report/variant_result.hpp"

#include <string>
#include <vector>

namespace polyquant::report {

struct SweepPages {
    std::vector<std::string> text;
    std::string json;
    std::string html;
};

Result<SweepPages> sweep_report(backtest::SweepStore const& store);

} // namespace polyquant::report
