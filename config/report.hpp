// Configuration for people: every parameter of a run with its value and origin, and the reference
// of all parameters that config/PARAMS.md is generated from.
#pragma once

#include "config/run_config.hpp"

#include <iosfwd>
#include <string>

namespace polyquant::config {

// For `polyquant params CONFIG`: a line for each parameter with value, where it was set, allowed
// range, unit and meaning; under each strategy its break-even table.
void print_params(RunConfig const& config, std::ostream& out);

// A Markdown table with a row for each ask.
std::string break_even_markdown(std::vector<BreakEvenRow> const& rows);

// The text of config/PARAMS.md.
std::string render_params_markdown(StrategyKinds kinds);

} // namespace polyquant::config
