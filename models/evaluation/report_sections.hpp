// The parts of the report, each in Markdown.
#pragma once

#include "models/calibration/scores.hpp"
#include "models/evaluation/bar_evaluation.hpp"
#include "models/evaluation/market_evaluation.hpp"

#include <string>

namespace polyquant::models::evaluation {

// "0.0123 [0.0100, 0.0150]"
std::string interval_text(calibration::BootstrapMean const& mean, int digits);

// Volatility knows no outcomes: it is the same for every style.
std::string bars_section(BarEvaluation const& evaluation, bool with_volatility);

std::string market_section(MarketStudy const& study);

} // namespace polyquant::models::evaluation
