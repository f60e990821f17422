// A run's report in its forms. All of them print the same Figures.
#pragma once

#include "engine/report/figures.hpp"

#include <string>
#include <vector>

namespace polyquant::report {

// For a terminal: verdict, money, rates, tables; the source of the quotes first.
std::vector<std::string> report_text(RunData const& run, Figures const& figures);

std::string report_json(RunData const& run, Figures const& figures);

// One page that needs nothing else: style, scripts, chart library and the JSON itself are in it.
std::string report_html(std::string const& json);

std::string trades_csv(RunData const& run);
// Every order that was sent, filled or not, with what it acted on.
std::string orders_csv(RunData const& run);

// A page of a report or a sweep: `json` goes where the scripts find it.
std::string make_page(std::string_view title, std::string_view script, std::string const& json);

} // namespace polyquant::report
